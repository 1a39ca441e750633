import { bareSource } from './compiled-code.ts'

// Classes that compute. None opens a file, starts a program, speaks to another machine or finds others by their names.
const CLASSES = new RegExp(`^(?:${[
  '[A-Z]\\d?', '[A-Z][A-Z0-9_]+', '\\w+(?:Exception|Error)', 'String(?:Builder|Joiner|s)?', 'Character', 'CharSequence', 'Integer', 'Long', 'Short', 'Byte', 'Double', 'Float', 'Boolean', 'Number', 'Void', 'Object', 'Objects', 'Math', 'StrictMath',
  'Override', 'SuppressWarnings', 'FunctionalInterface', 'SafeVarargs', 'Record', 'Enum', 'Iterable', 'Comparable', 'Cloneable', 'Runnable', 'AutoCloseable', 'System',
  'Big(?:Decimal|Integer)', 'MathContext', 'RoundingMode', 'Local(?:Date|Time|DateTime)', '(?:Zoned|Offset)(?:Date)?Time', 'Instant', 'Duration', 'Period', 'Year(?:Month)?', 'Month(?:Day)?', 'DayOfWeek', 'Zone(?:Id|Offset)', 'Clock', 'Date', 'Calendar', 'TimeZone',
  'DateTime(?:Formatter(?:Builder)?)', 'FormatStyle', 'TextStyle', 'ResolverStyle', 'Chrono(?:Unit|Field)', 'Temporal\\w*', 'IsoFields', 'WeekFields', 'JulianFields', 'ValueRange', 'Locale', 'NumberFormat', 'DecimalFormat(?:Symbols)?', 'MessageFormat', 'SimpleDateFormat', 'Normalizer', 'Collator',
  '(?:Array|Linked|Copy\\w+)?List', 'Arrays', 'Collections?', '(?:Hash|Tree|Linked|LinkedHash|Enum|Concurrent\\w*|Identity\\w*|Weak\\w*|Sequenced|Sorted|Navigable)?(?:Map|Set)', 'Entry', '(?:Array)?Deque', '(?:Priority)?Queue', 'Stack', 'Vector', 'BitSet', 'Iterator', 'ListIterator', 'Spliterator\\w*', 'Comparator', 'Optional\\w*', 'Random', 'UUID', 'Base64', 'HexFormat', 'Currency',
  '(?:Int|Long|Double)?Stream', 'Collectors?', 'Gatherers?', '(?:Int|Long|Double)?SummaryStatistics', '(?:\\w*)(?:Function|Predicate|Supplier|Consumer|Operator)', 'Pattern', 'Matcher', 'MatchResult', 'Atomic\\w+', 'LongAdder', 'TimeUnit', 'StandardCharsets', 'Charset',
].join('|')})$`)
const IMPORT = /^import\s+(?:static\s+)?java\.(?:lang|math|time(?:\.\w+)?|text|util(?:\.(?:function|stream|regex|concurrent(?:\.atomic)?))?|nio\.charset)\.[\w.*]+$/
const SYSTEM = /\bSystem\s*\.\s*(?!(?:out|err|nanoTime|currentTimeMillis|arraycopy|lineSeparator|identityHashCode|exit)\b)\w+/
const POWERS = /\b(?:getClass|forName|getenv|getProperty|invoke\w*|newInstance|getMethod\w*|getDeclared\w+|exec|loadLibrary|native|getRuntime|getResource\w*|getModule|getConstructor\w*|javax|jdk|sun|URL|URI|URN)\b|\bclass\s*\.\s*(?!getSimpleName|getName)|^\s*\/[a-z]/m

/** Whether a Java program in one file, or the lines of a Java shell, only computes and prints. */
export function isPlainJava (text: string): boolean {
  const bare = bareSource(text.replace(/^\s*\/(?:exit|quit|vars|list|imports)\b.*$/gm, ''))
  if (bare === null || POWERS.test(bare) || SYSTEM.test(bare)) return false
  const imports = bare.split(/[;\n]/).map((line) => line.trim()).filter((line) => /^import\b/.test(line))
  if (!imports.every((line) => IMPORT.test(line))) return false
  const code = bare.replace(/\bimport\b[^;\n]*/g, ' ')
  // Written out in full, a class needs no import.
  if (/\bjava\s*\.\s*(?!(?:math|time|text|util\s*\.\s*(?:function|stream|regex|[A-Z])|util|lang)\b)/.test(code)) return false
  const own = new Set([...code.matchAll(/\b(?:class|record|interface|enum)\s+([A-Z]\w*)/g)].map(([, name]) => name))
  return [...bare.matchAll(/\b[A-Z]\w*/g)].every(([name]) => own.has(name) || CLASSES.test(name))
}
