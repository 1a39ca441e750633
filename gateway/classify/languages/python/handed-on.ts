import { isCall, isValue } from './imports.ts'
import { isOfPure, PACKAGE_FILES } from './pure.ts'
import { SCRIPT_MODULES, SCRIPT_PLACES } from './vocabulary.ts'

// Modules whose functions may be handed on, since whatever they are called with they only compute.
const COMPUTING = /^(?:json|math|re|operator|statistics|base64|html|textwrap|string|random|os\.path|itertools|functools|copy|binascii|struct|shlex|fnmatch|unicodedata|urllib\.parse|uuid|hashlib|zlib|cmath|decimal|datetime(?:\.date(?:time)?)?|ast|time|difflib)$/
// What depends on what it is called with is not handed on.
const JUDGED = /^(?:django\.conf\.settings|sqlalchemy\.(?:create_engine|text)|jinja2\.\w+|pytest\.main|unittest\.mock\.patch)$/

/** Whether a part of a module may go anywhere: a value, or a function that only computes. */
export function isHandedOn (module: string, part: string): boolean {
  const known = SCRIPT_MODULES.get(module)
  return known?.values.has(part) === true || /^__(?:version|file|name|doc)__$/.test(part) || (known?.calls.has(part) === true && COMPUTING.test(module) && !SCRIPT_PLACES.has(`${module}.${part}`))
}

/** The same for a full name. A class may be named as such, a module or a function may not. */
export function isHarmless (name: string): boolean {
  if (isOfPure(name) && name.includes('.') && !SCRIPT_MODULES.has(name) && !PACKAGE_FILES.has(name) && !JUDGED.test(name)) return true
  if (isCall(name) && COMPUTING.test(name.slice(0, name.lastIndexOf('.'))) && !SCRIPT_PLACES.has(name)) return true
  return /^datetime\.(?:date|datetime|timedelta|timezone)$|^collections\.(?:Counter|defaultdict|OrderedDict|deque)$/.test(name) || isValue(name)
}
