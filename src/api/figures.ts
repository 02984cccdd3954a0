import { asObject, isObject, listOf, stringOr } from './guards';

/** A figure derived from a run's record. */
export interface IFigure {
  readonly name: string;
  readonly label: string;
  readonly text: string;
  readonly formula: string;
}

/** One line of advice and its evidence. */
export interface IFinding {
  readonly code: string;
  readonly text: string;
  readonly evidence: readonly (readonly [string, string])[];
}

/** Figures and advice derived from a run's record by the server. */
export interface IFigures {
  readonly figures: readonly IFigure[];
  readonly advice: readonly IFinding[];
}

function readFigure(value: unknown): IFigure | null {
  return isObject(value)
    ? {
        name: stringOr(value.name, ''),
        label: stringOr(value.label, ''),
        text: stringOr(value.text, ''),
        formula: stringOr(value.formula, '')
      }
    : null;
}

function readFact(value: unknown): readonly [string, string] | null {
  return Array.isArray(value) && value.length === 2
    ? [stringOr(value[0], ''), stringOr(value[1], '')]
    : null;
}

function readFinding(value: unknown): IFinding | null {
  return isObject(value)
    ? {
        code: stringOr(value.code, ''),
        text: stringOr(value.text, ''),
        evidence: listOf(value.evidence, readFact)
      }
    : null;
}

export function readFigures(value: unknown): IFigures {
  const data = asObject(value, 'figures');
  return {
    figures: listOf(data.figures, readFigure),
    advice: listOf(data.advice, readFinding)
  };
}

/** Reads the advice stored with a record in a cell's output; older outputs have none. */
export function readAdvice(metadata: unknown): readonly IFinding[] {
  return isObject(metadata) ? listOf(metadata.advice, readFinding) : [];
}
