import * as tf from "@tensorflow/tfjs";

/** A scalar and its gradients, in the order of what they were asked for. */
export interface ValueAndGradients {
  readonly value: tf.Scalar;
  /** `undefined` where the value does not depend on it. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/** One recorded operation of TensorFlow.js's tape. */
export interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

/** What TensorFlow.js's engine has for `tf.grads` itself. */
export interface TapeEngine {
  readonly state: { gradientDepth: number; activeTape: TapeNode[] | null };
  startTape(): void;
  endTape(): void;
}

/** The backward pass that a gradient function is called from. */
interface Walk {
  /** The gradients so far, by tensor id. */
  readonly sums: Map<number, tf.Tensor>;
  readonly dys: readonly (tf.Tensor | null)[];
  /** Ids of the inputs whose gradient is used. */
  readonly needed: ReadonlySet<number>;
}

let walk: Walk | undefined;

/**
 * The value of `f` and its gradients: `tf.valueAndGrads` that lets go early. Each operation's saved
 * tensors and the gradients of its outputs are disposed of as soon as its own gradient is taken,
 * where TensorFlow.js keeps all of them until the end: at the turn from forward to backward the
 * memory in use is at its peak, and falls from there, as in PyTorch.
 *
 * Inside another gradient it is TensorFlow.js's own.
 *
 * @param f - gives a scalar. @param xs - tensors or variables that it uses.
 */
export function valueAndGradients(f: () => tf.Scalar, xs: readonly tf.Tensor[]): ValueAndGradients {
  const engine = tf.engine() as unknown as TapeEngine;
  if (engine.state.gradientDepth > 0) {
    const { value, grads } = tf.engine().gradients(f, [...xs], undefined, true);
    return { value, gradients: grads.map((gradient) => gradient ?? undefined) };
  }
  return tf.tidy(() => {
    const { value, tape } = record(engine, f);
    return { value, gradients: backward(tape, xs, value, () => tf.onesLike(value)) };
  }) as ValueAndGradients;
}

/** What {@link pullBack} goes back through. */
export interface Recomputation {
  /** What was computed before, computed again from `xs`. */
  readonly f: () => tf.Tensor;
  readonly xs: readonly tf.Tensor[];
  /** The inputs of the operation whose gradient this is, each the counterpart of an x. */
  readonly inputs: readonly tf.Tensor[];
  /** The gradient of what `f` gives. */
  readonly dy: tf.Tensor;
}

/**
 * Within a gradient function: `∂⟨f(), dy⟩ / ∂xs`. Under {@link valueAndGradients} the gradients that the
 * inputs have so far are taken over and added to, in the order in which they would be without the
 * recomputation, so that sums are the same bits; inputs whose gradient nobody uses get none.
 */
export function pullBack({ f, xs, inputs, dy }: Recomputation): tf.Tensor[] {
  const engine = tf.engine() as unknown as TapeEngine;
  if (engine.state.gradientDepth > 0) {
    const { grads } = tf.engine().gradients(f, [...xs], dy, true);
    return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
  }
  const around = walk?.dys.includes(dy) === true ? walk : undefined;
  const wanted = xs.filter((_, i) => around?.needed.has((inputs[i] as tf.Tensor).id) !== false);
  const { value, tape } = record(engine, f);
  const sums = new Map<number, tf.Tensor>();
  xs.forEach((x, i) => {
    const sum = takeSum(around, inputs[i] as tf.Tensor);
    if (sum !== undefined) sums.set(x.id, sum);
  });
  const start = tf.clone(dy);
  // Nobody else has this gradient: what it holds is free as soon as it is used.
  if (around !== undefined) dy.dispose();
  if (!xs.includes(value)) value.dispose();
  const gradients = backward(tape, wanted, value, () => start, sums);
  const byId = new Map(wanted.map((x, i) => [x.id, gradients[i]]));
  return xs.map((x) => byId.get(x.id) ?? (byId.has(x.id) ? tf.zerosLike(x) : tf.scalar(0)));
}

function takeSum(around: Walk | undefined, { id }: tf.Tensor): tf.Tensor | undefined {
  const sum = around?.sums.get(id);
  around?.sums.delete(id);
  return sum;
}

/** What `f` gives, and the operations that gave it. */
export function record<T extends tf.TensorContainer>(
  engine: TapeEngine,
  f: () => T,
): { value: T; tape: readonly TapeNode[] } {
  // A tape whose backward pass asks for this gradient; TensorFlow.js would lose it.
  const around = engine.state.activeTape;
  engine.startTape();
  const tape = engine.state.activeTape ?? [];
  try {
    return { value: tf.tidy(f), tape };
  } catch (error) {
    tape.forEach(forget);
    throw error;
  } finally {
    engine.endTape();
    engine.state.activeTape = around;
  }
}

/**
 * Goes back from y to xs. The scope has the name that TensorFlow.js gives its own.
 *
 * @param start - the gradient of y. @param sums - what the gradients of xs are added to, by id.
 */
export function backward(
  tape: readonly TapeNode[],
  xs: readonly tf.Tensor[],
  y: tf.Tensor,
  start: () => tf.Tensor,
  sums: Map<number, tf.Tensor> = new Map<number, tf.Tensor>(),
): (tf.Tensor | undefined)[] {
  try {
    const needed = new Set(between(tape, xs, y));
    tape.filter((node) => !needed.has(node)).forEach(forget);
    return tf.tidy("backward", () => {
      addTo(sums, y, start());
      walkBack([...needed], sums);
      return xs.map((x) => sums.get(x.id)) as tf.Tensor[];
    });
  } finally {
    tape.forEach(forget);
  }
}

/** The operations through which `y` depends on `xs`, in their order. */
function between(tape: readonly TapeNode[], xs: readonly tf.Tensor[], y: tf.Tensor): TapeNode[] {
  const fromXs = new Set(xs.map((x) => x.id));
  const after = tape.filter(({ inputs, outputs }) => {
    const depends = Object.values(inputs).some((input) => fromXs.has(input.id));
    if (depends) outputs.forEach((output) => fromXs.add(output.id));
    return depends;
  });
  const toY = new Set([y.id]);
  const kept = after.reverse().filter(({ inputs, outputs }) => {
    const leads = outputs.some((output) => toY.has(output.id));
    if (leads) Object.values(inputs).forEach((input) => toY.add(input.id));
    return leads;
  });
  return kept.reverse().map((node) => {
    const inputs = Object.entries(node.inputs).filter(([, input]) => fromXs.has(input.id));
    return Object.assign(node, { inputs: Object.fromEntries(inputs) });
  });
}

/** Adds to the gradients by tensor id those of the tape's leaves; all others are freed. */
function walkBack(tape: readonly TapeNode[], sums: Map<number, tf.Tensor>): void {
  for (const node of [...tape].reverse()) {
    const dys = node.outputs.map(({ id }) => sums.get(id) ?? null);
    for (const { id } of node.outputs) sums.delete(id);
    for (const [x, dx] of inputGradients(node, dys, sums)) addTo(sums, x, dx);
    dys.forEach((dy) => dy?.dispose());
    forget(node);
  }
}

function addTo(sums: Map<number, tf.Tensor>, { id }: tf.Tensor, dx: tf.Tensor): void {
  const sum = sums.get(id);
  sums.set(id, sum === undefined ? dx : tf.add(sum, dx));
  if (sum !== undefined) tf.dispose([sum, dx]);
}

/** The gradients of a node's inputs, each a tensor of its own. */
function inputGradients(
  { kernelName, inputs, gradient }: TapeNode,
  dys: (tf.Tensor | null)[],
  sums: Map<number, tf.Tensor>,
): [tf.Tensor, tf.Tensor][] {
  if (gradient === undefined) {
    throw new Error(`Cannot compute gradient: gradient function not found for ${kernelName}.`);
  }
  const seen = new Set<tf.Tensor | null>(dys);
  const own = (dx: tf.Tensor): tf.Tensor => {
    const taken = seen.has(dx);
    seen.add(dx);
    return taken ? tf.clone(dx) : dx;
  };
  const around = walk;
  walk = { sums, dys, needed: new Set(Object.values(inputs).map(({ id }) => id)) };
  try {
    const taken = tf.tidy(() => {
      const byName = gradient(dys);
      return Object.keys(inputs).map((name) => own((byName[name] as () => tf.Tensor)()));
    });
    return Object.values(inputs).map((input, i) => [input, taken[i] as tf.Tensor]);
  } finally {
    walk = around;
  }
}

function forget({ saved = [] }: TapeNode): void {
  tf.dispose([...saved]);
}
