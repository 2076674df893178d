// Puts methods on an object or a class whose own or inherited ones they replace.

/** Even where what the object inherits cannot be covered by an assignment. */
export function putMethods(object: object, methods: object): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true })
  }
}
