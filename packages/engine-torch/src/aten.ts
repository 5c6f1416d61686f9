import { addon, type Argument, type OperatorHandle, type Result, type Slot } from "./addon.ts";
import { note } from "./scope.ts";

/**
 * An operator of ATen as a function: `const add = aten("add.Tensor")`, then `add(a, b)`. Looked up at its first call,
 * so that one which an older LibTorch lacks costs only who calls it.
 *
 * @typeParam R - what it returns: one slot, or several, as its schema says.
 * @see https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/native_functions.yaml
 */
export function aten<R extends Result = Slot>(name: string): (...given: readonly Argument[]) => R {
  const handle = opened(name);
  return (...given) => {
    const result = addon().call(handle(), ...given);
    note(result);
    return result as R;
  };
}

/** An operator's handle, looked up when it is first asked for. */
export function opened(name: string): () => OperatorHandle {
  let operator: OperatorHandle | undefined;
  return () => (operator ??= addon().open(name));
}
