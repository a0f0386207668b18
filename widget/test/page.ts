// As much of a document as building elements needs; `shape` writes a tree down so that a test can compare it.

class Element {
  attributes: Record<string, string> = {};
  children: unknown[] = [];
  constructor(readonly tag: string) {}
  setAttribute(name: string, value: string) { this.attributes[name] = value; }
  addEventListener() {}
  append(...children: unknown[]) { this.children.push(...children); }
}

(globalThis as any).document = { createElement: (tag: string) => new Element(tag) };

export function shape(node: any): unknown {
  if (Array.isArray(node)) return node.map(shape);
  return node instanceof Element ? [node.tag, node.attributes, ...node.children.map(shape)] : node;
}
