/** A binary heap: the element that goes before all others comes out first. Used by queue. */
export interface Heap<T> {
  push(element: T): void;
  pop(): T | undefined;
  peek(): T | undefined;
  readonly size: number;
}

export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const elements: T[] = [];
  const swap = (i: number, j: number) => {
    const held = elements[i]!;
    elements[i] = elements[j]!;
    elements[j] = held;
  };
  const rise = (at: number) => {
    for (let i = at; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!before(elements[i]!, elements[parent]!)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const sink = () => {
    for (let i = 0; ; ) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < elements.length && before(elements[child]!, elements[first]!)) first = child;
      if (first === i) return;
      swap(i, first);
      i = first;
    }
  };
  return {
    push(element) {
      elements.push(element);
      rise(elements.length - 1);
    },
    pop() {
      const top = elements[0];
      const last = elements.pop();
      if (elements.length > 0) {
        elements[0] = last!;
        sink();
      }
      return top;
    },
    peek: () => elements[0],
    get size() {
      return elements.length;
    },
  };
}
