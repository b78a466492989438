import { textRepr } from "../python/index.ts";
import { type Arguments, typeError, type Value } from "./values.ts";

/** Puts arguments in the order of the parameters; those not given are undefined. Throws TypeError for surplus ones. */
export function bind(name: string, params: readonly string[], { positional, named }: Arguments): (Value | undefined)[] {
  if (positional.length > params.length) {
    throw typeError(`${name}() takes ${params.length} positional arguments but ${positional.length} were given`);
  }
  for (const key of named.keys()) {
    const at = params.indexOf(key);
    if (at < 0) throw typeError(`${name}() got an unexpected keyword argument ${textRepr(key)}`);
    if (at < positional.length) throw typeError(`${name}() got multiple values for argument ${textRepr(key)}`);
  }
  return params.map((param, index) => (index < positional.length ? positional[index] : named.get(param)));
}
