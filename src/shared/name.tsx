import React from 'react';
import { cutInMiddle } from './format';

/** A long name, truncated in the middle, with the full name as tooltip. */
export function CutName(props: { readonly name: string }): JSX.Element {
  const [head, tail] = cutInMiddle(props.name);
  return (
    <span className="hrlab-Name" title={props.name}>
      <span className="hrlab-Name-head">{head}</span>
      <span className="hrlab-Name-tail">{tail}</span>
    </span>
  );
}
