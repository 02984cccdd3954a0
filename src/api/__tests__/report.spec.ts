import { reportPath } from '../report';

describe('reportPath', () => {
  it('names the runs', () => {
    expect(reportPath(['a', 'b'], [])).toBe('report?ids=a%2Cb');
  });

  it('compares them as they are shown', () => {
    expect(reportPath(['a'], [], { by: 'threads' })).toBe(
      'report?by=threads&ids=a'
    );
  });

  it('says what is kept back', () => {
    expect(reportPath(['a'], ['code', 'user'])).toBe(
      'report?ids=a&redact=code%2Cuser'
    );
  });
});
