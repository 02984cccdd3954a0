import { reportPath } from '../report';

describe('reportPath', () => {
  it('names the runs', () => {
    expect(reportPath(['a', 'b'], [])).toBe('report?ids=a%2Cb');
  });

  it('passes on the shown grouping', () => {
    expect(reportPath(['a'], [], { by: 'threads' })).toBe(
      'report?by=threads&ids=a'
    );
  });

  it('passes on what to leave out', () => {
    expect(reportPath(['a'], ['code', 'user'])).toBe(
      'report?ids=a&redact=code%2Cuser'
    );
  });
});
