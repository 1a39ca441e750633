import type { ScriptToken } from './script-tokens.ts'
import { markAt } from './script-places.ts'
import { TooMuch } from './small-tokens.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

// Classes whose making runs nothing that the text does not hold.
const BASES = words('object Exception ValueError KeyError TypeError RuntimeError str int float dict list tuple set')
const IMPORTED_BASES = words('enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag typing.NamedTuple typing.TypedDict typing.Protocol abc.ABC ast.NodeVisitor')
const DECORATORS = words('property staticmethod classmethod')
const IMPORTED_DECORATORS = words('dataclasses.dataclass functools.lru_cache functools.cache functools.cached_property functools.total_ordering functools.wraps contextlib.contextmanager abc.abstractmethod enum.unique typing.final typing.overload')

/** Methods of a class that Python itself calls with what the text hands over; others reach into how names are looked up. */
export const PLAIN_SPECIALS = words('__init__ __repr__ __str__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __len__ __iter__ __next__ __contains__ __getitem__ __setitem__ __add__ __radd__ __sub__ __mul__ __neg__ __abs__ __bool__ __enter__ __exit__ __post_init__')

/** Attributes that are texts or numbers about a value. `__class__` is one when only its name is asked for. */
export function isPlainSpecial (tokens: readonly ScriptToken[], at: number): boolean {
  const name = tokens[at]?.text ?? ''
  if (markAt(tokens, at + 1, '(') || markAt(tokens, at + 1, '=')) return false
  if (name === '__class__') return markAt(tokens, at + 1, '.') && tokens[at + 2]?.text === '__name__'
  // A method is no value of power where only what is said of it is asked for.
  if (/^__(?:init|new|call)__$/.test(name)) return markAt(tokens, at + 1, '.')
  return /^__(?:name|qualname|doc|version|table|tablename|annotations|members|slots)__$/.test(name)
}

/** Reads `class A(B):` from its first word. @returns where its colon stands */
export function readClass (tokens: readonly ScriptToken[], at: number, meaning: (name: string) => string | undefined, defined: ReadonlySet<string>): number {
  let next = at + 2
  if (markAt(tokens, next, '(')) {
    next += 1
    while (!markAt(tokens, next, ')')) {
      const [name, after] = dotted(tokens, next)
      const bare = name.split('.')[0] ?? name
      const meant = meaning(bare)
      const known = meant === undefined ? BASES.has(name) || defined.has(name) : IMPORTED_BASES.has([meant, ...name.split('.').slice(1)].join('.'))
      if (!known) throw new TooMuch()
      next = markAt(tokens, after, ',') ? after + 1 : after
      if (next === after && !markAt(tokens, after, ')')) throw new TooMuch()
    }
    next += 1
  }
  if (!markAt(tokens, next, ':')) throw new TooMuch()
  return next
}

/** Reads the name behind `@`, which is called with what is defined below it. @returns where its last word stands */
export function readDecorator (tokens: readonly ScriptToken[], at: number, meaning: (name: string) => string | undefined, defined: ReadonlySet<string>): number {
  const [name, after] = dotted(tokens, at + 1)
  const meant = meaning(name.split('.')[0] ?? name)
  if (meant !== undefined) {
    if (!IMPORTED_DECORATORS.has([meant, ...name.split('.').slice(1)].join('.'))) throw new TooMuch()
    return after - 1
  }
  const called = markAt(tokens, after, '(')
  const [own = '', setter, more] = name.split('.')
  if (called ? !defined.has(name) : !(DECORATORS.has(name) || (defined.has(own) && (setter === undefined || setter === 'setter') && more === undefined))) throw new TooMuch()
  return after - 1
}

/** `super().__init__`. @returns where it ends, or null for any other use */
export function readSuper (tokens: readonly ScriptToken[], at: number): number | null {
  const method = tokens[at + 4]?.text ?? ''
  return markAt(tokens, at + 1, '(') && markAt(tokens, at + 2, ')') && markAt(tokens, at + 3, '.') && PLAIN_SPECIALS.has(method) ? at + 4 : null
}

function dotted (tokens: readonly ScriptToken[], from: number): readonly [string, number] {
  const first = tokens[from]
  if (first?.kind !== 'name') throw new TooMuch()
  let name = first.text
  let at = from + 1
  while (markAt(tokens, at, '.') && tokens[at + 1]?.kind === 'name') {
    name += `.${tokens[at + 1]?.text ?? ''}`
    at += 2
  }
  return [name, at]
}
