import { BRACES } from './compiled.ts'
import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

// Packages in which nothing opens, starts or sends anything, but for the classes that are not among the types below.
const PACKAGES = /^(?:java\.(?:util|util\.(?:function|stream|regex|concurrent|concurrent\.atomic)|time|time\.(?:format|temporal|chrono|zone)|math|text|nio\.charset)|kotlin\.(?:math|random|time|text|collections|system|comparisons|sequences)|kotlinx\.coroutines)$/
const TYPES = names('String Integer Long Double Float Short Byte Character Boolean Number Object Void Math StrictMath StringBuilder StringBuffer CharSequence Comparable Iterable Override FunctionalInterface SuppressWarnings SafeVarargs Deprecated Record Enum Exception Error Throwable Thread Runnable AutoCloseable Cloneable ' +
  'List ArrayList LinkedList Map HashMap LinkedHashMap TreeMap SortedMap NavigableMap ConcurrentHashMap ConcurrentMap EnumMap ConcurrentSkipListMap ConcurrentSkipListSet CopyOnWriteArrayList SequencedCollection SequencedMap SequencedSet WeakHashMap IdentityHashMap Set HashSet LinkedHashSet TreeSet SortedSet NavigableSet EnumSet Collection Collections Arrays Queue Deque ArrayDeque PriorityQueue Stack Vector Iterator ListIterator Optional OptionalInt OptionalDouble OptionalLong Objects Random BitSet StringJoiner StringTokenizer Comparator Locale Currency Base64 HexFormat Entry SimpleEntry Spliterator IntSummaryStatistics DoubleSummaryStatistics LongSummaryStatistics Date Calendar GregorianCalendar TimeZone ' +
  'Stream IntStream LongStream DoubleStream Collectors Collector Gatherer Gatherers StreamSupport Function Supplier Consumer Predicate Pattern Matcher MatchResult AtomicInteger AtomicLong AtomicBoolean AtomicReference AtomicIntegerArray AtomicLongArray LongAdder CountDownLatch Semaphore TimeUnit ExecutorService Executors Future CompletableFuture Callable ' +
  'BigDecimal BigInteger MathContext RoundingMode LocalDate LocalTime LocalDateTime ZonedDateTime OffsetDateTime OffsetTime Instant Duration Period ZoneId ZoneOffset DayOfWeek Month MonthDay Year YearMonth Clock DateTimeFormatter DateTimeFormatterBuilder FormatStyle ChronoUnit ChronoField TextStyle ResolverStyle JulianFields ValueRange TemporalAccessor TemporalAmount TemporalField TemporalAdjusters TemporalAdjuster Temporal TemporalUnit IsoFields WeekFields DecimalFormat DecimalFormatSymbols NumberFormat SimpleDateFormat MessageFormat Normalizer Collator BreakIterator ChoiceFormat StandardCharsets Charset ' +
  'Int UInt ULong UByte UShort Any Unit Nothing Char Pair Triple Regex RegexOption Array IntArray LongArray DoubleArray ByteArray CharArray BooleanArray FloatArray ShortArray MutableList MutableMap MutableSet Sequence Result Lazy ClosedRange IntRange LongRange CharRange IntProgression DurationUnit Suppress JvmStatic JvmInline JvmField JvmName OptIn Throws Appendable ')
// Constants, what is thrown, and the shapes of functions do nothing by themselves.
const HARMLESS = /^[A-Z][A-Z\d_]*$|^[A-Z]\w*(?:Exception|Error|Function|Predicate|Supplier|Consumer|Operator)$/
const isType = (name: string): boolean => TYPES.has(name) || HARMLESS.test(name)
const DENIED = names('Runtime ProcessBuilder Process ProcessHandle Class ClassLoader Module ModuleLayer forName getClass loadClass getMethod getMethods getDeclaredMethod getDeclaredMethods getDeclaredField getDeclaredFields getDeclaredConstructor getDeclaredConstructors getConstructor getConstructors getClassLoader getResource getResources getResourceAsStream getSystemResource getSystemResourceAsStream getModule invoke newInstance setAccessible loadLibrary getenv getProperty getProperties setProperty Unsafe MethodHandles MethodHandle native File Files Path Paths FileReader FileWriter FileInputStream FileOutputStream RandomAccessFile PrintStream PrintWriter Formatter Socket ServerSocket URL URI HttpClient URLConnection ServiceLoader ScriptEngineManager Scanner FileHandler Preferences JarFile ZipFile ObjectInputStream exec execute readText readLines writeText appendText toURL useLines forEachLine bufferedReader bufferedWriter inputStream outputStream copyTo deleteRecursively walkTopDown walkBottomUp DependsOn Repository Import CompilerOptions external actual expect suspendCoroutine declaredMembers declaredFunctions callBy members javaClass javaMethod classLoader halt addShutdownHook Grab GrabResolver Eval GroovyShell evaluate sys_process Toolbox getContextClassLoader defineClass')
const ROOTS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['System', names('out err in nanoTime currentTimeMillis identityHashCode lineSeparator arraycopy exit')],
  ['scala', names('')], ['org', names('')], ['com', names('')], ['sun', names('')], ['jdk', names('')], ['javax', names('')], ['jakarta', names('')], ['io', names('')],
])

function look (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  if (said === 'import' && (at === 0 || words.tokens[at]?.line === true || words.mark(at - 1, ';'))) return imports(words, at)
  if (said === 'package') words.refuse()
  // What a value is called says no more than its type does.
  if (said === 'getClass' && words.joined(at) && words.tokens.slice(at + 1, at + 7).map(({ text }) => text).join(' ').replace('Simple', '') === '( ) . getName ( )') return at + 7
  if (words.mark(at, '@') && (words.name(at + 1) === 'file' || !TYPES.has(words.name(at + 1)))) words.refuse()
  // A package named where it is used.
  if (/^(?:java|kotlin|kotlinx)$/.test(said)) {
    if (words.joined(at)) return said === 'java' && words.mark(at - 1, '.') && words.mark(at - 2, '::') ? at + 1 : words.refuse()
    const { path, next } = dotted(words, at)
    const type = /\.([A-Z]\w*)$/.exec(path)?.[1]
    if (!PACKAGES.test(path.replace(/\.[A-Z]\w*$/, '')) || (type !== undefined && !isType(type))) words.refuse()
    return next
  }
  return null
}

function dotted (words: SnippetWords, at: number): { readonly path: string, readonly next: number } {
  let path = words.name(at)
  let next = at + 1
  for (; words.mark(next, '.') && words.name(next + 1) !== '' && !/\.[A-Z]\w*$/.test(path); next += 2) path = `${path}.${words.name(next + 1)}`
  return { path, next }
}

function imports (words: SnippetWords, at: number): number {
  const isStatic = words.name(at + 1) === 'static' ? 1 : 0
  const { path, next } = dotted(words, at + 1 + isStatic)
  const [, pack = path, type] = /^(.*?)\.([A-Z]\w*)$/.exec(path) ?? []
  const wild = words.mark(next, '.') && words.mark(next + 1, '*') ? 2 : 0
  if (/^kotlin\.math\.\w+$|^kotlin\.(?:system\.measure(?:TimeMillis|NanoTime)|random\.Random|time\.\w+)$/.test(path)) return next
  if (!PACKAGES.test(pack) || (type === undefined && wild === 0) || (type !== undefined && !isType(type))) words.refuse()
  if (isStatic > 0 && !/^(?:Collectors|Math|ChronoUnit)$/.test(type ?? '')) words.refuse()
  if (isStatic > 0 && wild === 0 && words.mark(next, '.')) return next + 2
  return next + wild
}

const TEXT_BLOCK = { open: '"""', close: '"""', escapes: true, lines: true } as const
const PLAIN = { open: '"', close: '"', escapes: true } as const
const CHARACTER = /'(?:[^'\\\n]|\\[^\n][^'\n]{0,5})'/y

export const JAVA: SnippetLanguage = {
  // Java reads `\u` before anything else, in comments too.
  syntax: { ...BRACES, strings: [TEXT_BLOCK, PLAIN], raw: CHARACTER, refused: /\\u/ },
  denied: DENIED,
  types: { has: isType },
  roots: ROOTS,
  keywords: names('if else for while do switch case default break continue return try catch finally throw throws new class interface enum record extends implements public private protected static final abstract sealed permits non void int long double float char byte short boolean var this super null true false instanceof import yield synchronized volatile transient assert when'),
  declares: names('class interface enum record var'),
  joins: names('. ::'),
  look,
}

export const KOTLIN: SnippetLanguage = {
  ...JAVA,
  syntax: { ...BRACES, strings: [{ ...TEXT_BLOCK, escapes: false, filled: ['${', '}'] }, { ...PLAIN, filled: ['${', '}'] }], raw: CHARACTER, refused: /`|#!|@file/ },
  keywords: names('if else for while do when in is as try catch finally throw return break continue class interface object enum data sealed open abstract override fun val var private public protected internal companion init constructor this super null true false import by lazy operator infix inline reified suspend typealias where vararg lateinit const get set to step until downTo it out'),
  declares: names('class interface object fun val var typealias'),
  joins: names('. ?. ::'),
}
