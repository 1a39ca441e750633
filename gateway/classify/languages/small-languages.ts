/** The words of one language. Everything that is not listed makes a program more than a small one. */
export interface SmallLanguage {
  /** Modules by name, each with what of it is a plain value and what may be called. */
  readonly modules: Readonly<Record<string, { readonly values: readonly string[], readonly calls: readonly string[] }>>
  readonly globals: Readonly<Record<string, { readonly values: readonly string[], readonly calls: readonly string[] }>>
  readonly functions: readonly string[]
  /** What may be made with `new`. */
  readonly constructors: readonly string[]
  readonly methods: readonly string[]
  /** Methods that call their first argument. */
  readonly higher: readonly string[]
  readonly keywords: readonly string[]
  /** Functions that read the file their first argument names. */
  readonly readers: readonly string[]
  readonly declares: RegExp
  /** Names under which modules of the project may be loaded. */
  readonly own: RegExp
  /** Packages that can only be the project's, of which functions may be asked for what they make. */
  readonly ownPackages: RegExp
}

/** Python that prints values: no callable here writes, runs or imports, and `open` only with a plain name for reading. */
export const SMALL_PYTHON: SmallLanguage = {
  modules: {
    json: { values: [], calls: ['load', 'loads', 'dumps'] },
    sys: { values: ['version', 'version_info', 'path', 'stdin', 'executable', 'platform'], calls: [] },
    ast: { values: [], calls: ['parse'] },
    tomllib: { values: [], calls: ['load', 'loads'] },
    platform: { values: [], calls: ['python_version', 'platform', 'machine', 'system'] },
    math: { values: ['pi', 'e', 'inf'], calls: ['sqrt', 'floor', 'ceil', 'log', 'log2', 'log10', 'sin', 'cos'] },
    datetime: { values: ['date', 'datetime', 'timedelta'], calls: ['date', 'datetime', 'timedelta'] },
    'datetime.date': { values: [], calls: ['today', 'fromisoformat'] },
    'datetime.datetime': { values: [], calls: ['now', 'utcnow', 'today', 'fromisoformat', 'fromtimestamp'] },
    time: { values: [], calls: ['time'] },
    re: { values: [], calls: ['findall', 'match', 'search', 'fullmatch', 'split', 'sub', 'escape'] },
    uuid: { values: [], calls: ['uuid4'] },
    'importlib.metadata': { values: [], calls: ['version'] },
  },
  globals: {},
  functions: [
    'print', 'len', 'list', 'sorted', 'str', 'type', 'sum', 'set', 'max', 'min', 'int', 'open', 'range', 'abs', 'round', 'enumerate', 'zip', 'tuple', 'bool', 'float', 'hex', 'bin', 'ord', 'chr', 'repr', 'divmod',
    'reversed', 'any', 'all', 'hash',
  ],
  constructors: [],
  methods: [
    'read', 'keys', 'values', 'items', 'get', 'strip', 'split', 'splitlines', 'now', 'today', 'isoformat', 'strftime', 'total_seconds', 'fromisoformat', 'fromtimestamp', 'timestamp', 'upper', 'lower', 'title',
    'replace', 'count', 'join', 'startswith', 'endswith', 'group', 'groups', 'span',
  ],
  higher: [],
  keywords: ['indent', 'encoding', 'sort_keys', 'ensure_ascii', 'sep', 'end', 'reverse', 'days', 'hours', 'minutes', 'seconds', 'weeks'],
  readers: ['open'],
  declares: /^$/,
  // The excepted ones do something as soon as they are imported, or hold the environment.
  own: /^(?!(?:antigravity|this|idlelib|turtle|pty|code|pdb|webbrowser|os|posix)$)[A-Za-z_]\w*$/,
  ownPackages: /^(?:app|main|src|server|backend|api|cli)(?:\.[a-z]\w*)*$/,
}

/** JavaScript that prints values. */
export const SMALL_JAVASCRIPT: SmallLanguage = {
  modules: {
    fs: { values: [], calls: ['readFileSync'] },
    path: { values: ['sep', 'delimiter'], calls: ['join', 'resolve', 'relative', 'basename', 'dirname', 'extname', 'normalize', 'isAbsolute'] },
  },
  globals: {
    console: { values: [], calls: ['log', 'table', 'error', 'time', 'timeEnd'] },
    Buffer: { values: [], calls: ['from', 'byteLength'] },
    Intl: { values: [], calls: ['DateTimeFormat', 'NumberFormat', 'ListFormat', 'PluralRules', 'RelativeTimeFormat'] },
    Array: { values: [], calls: ['isArray'] },
    JSON: { values: [], calls: ['parse', 'stringify'] },
    Object: { values: [], calls: ['keys', 'values', 'entries'] },
    Math: { values: ['PI', 'E'], calls: ['max', 'min', 'floor', 'ceil', 'round', 'sqrt', 'abs', 'pow'] },
    Number: { values: ['MAX_SAFE_INTEGER', 'EPSILON'], calls: ['isInteger', 'parseFloat', 'parseInt'] },
    Date: { values: [], calls: ['now', 'parse', 'UTC'] },
    String: { values: [], calls: ['fromCharCode', 'fromCodePoint'] },
    process: { values: ['version', 'versions', 'platform', 'arch'], calls: [] },
  },
  functions: ['String', 'Number', 'Boolean', 'parseInt', 'parseFloat', 'encodeURIComponent'],
  constructors: ['Date', 'Set', 'Map', 'URL', 'URLSearchParams'],
  methods: ['join', 'slice', 'split', 'trim', 'toString', 'includes', 'toUpperCase', 'toLowerCase', 'concat', 'reverse', 'indexOf', 'toFixed', 'at', 'startsWith', 'endsWith', 'fill', 'flat', 'toISOString', 'getTime', 'getFullYear', 'padStart', 'padEnd', 'has', 'get', 'localeCompare', 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'charCodeAt', 'codePointAt', 'normalize', 'repeat', 'substring', 'lastIndexOf', 'trimStart', 'trimEnd', 'toPrecision', 'getMonth', 'getDate', 'getDay', 'getHours', 'getMinutes', 'getTimezoneOffset', 'toUTCString', 'resolvedOptions', 'format'],
  higher: ['map', 'filter', 'reduce', 'sort', 'some', 'every', 'find', 'forEach', 'flatMap'],
  keywords: [],
  readers: ['readFileSync'],
  declares: /^(?:const|let|var)$/,
  own: /^(?!(?:process|node:process)$)(?:\.{1,2}\/|@?[a-z])[\w./-]*$/,
  ownPackages: /^(?!)/,
}
