import type { ScriptToken } from './tokens.ts'
import { closingAt, markAt } from './places.ts'
import { isOfPure, isPurePart } from './pure.ts'
import { TooMuch } from '../too-much.ts'
import { words } from '../words.ts'

// Classes whose making runs nothing that the text does not hold.
const BASES = words('object BaseException Exception ValueError KeyError TypeError RuntimeError LookupError IndexError AttributeError ArithmeticError NotImplementedError OSError StopIteration AssertionError Warning UserWarning str int float dict list tuple set frozenset bytes complex')
const IMPORTED_BASES = words('enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag typing.NamedTuple typing.TypedDict typing.Protocol typing.Generic abc.ABC ast.NodeVisitor ast.NodeTransformer json.JSONEncoder json.JSONDecoder html.parser.HTMLParser unittest.TestCase unittest.IsolatedAsyncioTestCase threading.Thread collections.UserDict collections.UserList collections.OrderedDict collections.defaultdict collections.Counter collections.abc.Mapping collections.abc.MutableMapping collections.abc.Sequence collections.abc.Iterator collections.abc.Iterable collections.abc.Set string.Template logging.Handler logging.Formatter logging.Filter sqlalchemy.orm.DeclarativeBase')
const DECORATORS = words('property staticmethod classmethod')
const IMPORTED_DECORATORS = words('dataclasses.dataclass functools.lru_cache functools.cache functools.cached_property functools.total_ordering functools.wraps functools.singledispatch contextlib.contextmanager contextlib.asynccontextmanager abc.abstractproperty typing.runtime_checkable typing.override unittest.skip abc.abstractmethod enum.unique typing.final typing.overload unittest.mock.patch unittest.mock.patch.object unittest.mock.patch.dict')

/** Methods of a class that Python itself calls with what the text hands over; others reach into how names are looked up. */
export const PLAIN_SPECIALS = words('__init__ __repr__ __str__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __len__ __iter__ __next__ __contains__ __getitem__ __setitem__ __add__ __radd__ __sub__ __mul__ __neg__ __abs__ __bool__ __enter__ __exit__ __post_init__ __call__ __mod__ __truediv__ __floordiv__ __matmul__ __and__ __or__ __xor__ __invert__ __pow__ __rmul__ __rsub__ __rtruediv__ __iadd__ __isub__ __imul__ __pos__ __int__ __float__ __index__ __format__ __bytes__ __reversed__ __missing__ __delitem__ __aenter__ __aexit__ __aiter__ __anext__ __length_hint__ __round__ __divmod__ __lshift__ __rshift__ __copy__ __deepcopy__')

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
      const known = meant === undefined ? BASES.has(name) || defined.has(name) : isBase([meant, ...name.split('.').slice(1)].join('.'))
      if (!known) throw new TooMuch()
      // `Generic[T]`
      const end = markAt(tokens, after, '[') ? closingAt(tokens, after) + 1 : after
      next = markAt(tokens, end, ',') ? end + 1 : end
      if (next === end && !markAt(tokens, end, ')')) throw new TooMuch()
    }
    next += 1
  }
  if (!markAt(tokens, next, ':')) throw new TooMuch()
  return next
}

function isBase (name: string): boolean {
  return IMPORTED_BASES.has(name) || isPureName(name)
}

// A class or function of a package that computes, by a name that is no module's.
function isPureName (name: string): boolean {
  return isOfPure(name) && name.includes('.') && name.split('.').slice(1).every((part, at, parts) => isPurePart([name.split('.')[0] ?? '', ...parts.slice(0, at)].join('.'), part))
}

// What applications and groups of commands take functions with.
const TAKES = /^(?:command|group|callback|result_callback|argument|option|get|post|put|patch|delete|head|options|route|api_route|websocket|exception_handler|errorhandler|before_request|after_request|teardown_request|teardown_appcontext|before_app_request|middleware|on_event|context_processor|template_filter|template_test|template_global|url_value_preprocessor|task|register|setter|getter|deleter)$/

/** Reads the name behind `@`, which is called with what is defined below it; `takers` are values of the text. @returns where its last word stands */
export function readDecorator (tokens: readonly ScriptToken[], at: number, meaning: (name: string) => string | undefined, defined: ReadonlySet<string>, takers: ReadonlySet<string>): number {
  const [name, after] = dotted(tokens, at + 1)
  const meant = meaning(name.split('.')[0] ?? name)
  if (meant !== undefined) {
    const full = [meant, ...name.split('.').slice(1)].join('.')
    if (!IMPORTED_DECORATORS.has(full) && !isPureName(full)) throw new TooMuch()
    return after - 1
  }
  const called = markAt(tokens, after, '(')
  const [own = '', setter, more] = name.split('.')
  if (takers.has(own) && setter !== undefined && more === undefined && TAKES.test(setter)) return after - 1
  if (called ? !(defined.has(name) || (defined.has(own) && setter === 'register')) : !(DECORATORS.has(name) || (defined.has(own) && (setter === undefined || /^(?:setter|getter|deleter|register)$/.test(setter)) && more === undefined))) throw new TooMuch()
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
