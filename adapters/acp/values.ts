/** Reading JSON values of unknown shape: own members only, and nothing of another type than asked for. */

export type Json = Readonly<Record<string, unknown>>

export function isObject (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member, read off the object itself and never off its prototype. */
export function member (value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

export function textOf (value: unknown, name: string): string | null {
  const found = member(value, name)
  return typeof found === 'string' ? found : null
}

/** The members of a list; none when there is no list. */
export function listOf (value: unknown, name: string): readonly unknown[] {
  const found = member(value, name)
  return Array.isArray(found) ? found : []
}
