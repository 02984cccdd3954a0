export type Labels = Readonly<Record<string, string>>;

/** Formats labels as `a=1, b=two`. */
export function labelsToText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

/** Returns the parts of `text` that are not `name=value`. */
export function wrongLabels(text: string): readonly string[] {
  return partsOf(text).filter(part => !/^[^=\s][^=]*=/.test(part));
}

/** Parses `a=1, b=two`; a later label replaces an earlier one of the same name. */
export function labelsFromText(text: string): Labels {
  const found: Record<string, string> = {};
  for (const part of partsOf(text)) {
    const at = part.indexOf('=');
    if (at > 0) {
      found[part.slice(0, at).trim()] = part.slice(at + 1).trim();
    }
  }
  return found;
}

function partsOf(text: string): readonly string[] {
  return text
    .split(/[,\n]/)
    .map(part => part.trim())
    .filter(part => part.length > 0);
}
