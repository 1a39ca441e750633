import { words } from '../words.ts'

/** What may be called of a global object or a module of Node, and what of it is a value. */
export interface JavascriptObject { readonly calls: ReadonlySet<string>, readonly values: ReadonlySet<string> }

const part = (calls: string, values = ''): JavascriptObject => ({ calls: words(calls), values: words(values) })

/** Global objects. A Map, since the names that are looked up in it are the model's own words. */
export const JAVASCRIPT_OBJECTS: ReadonlyMap<string, JavascriptObject> = new Map([
  ['Array', part('from isArray of')],
  ['BigInt', part('asIntN asUintN')],
  ['Bun', part('file', 'version')],
  ['Deno', part('readTextFile readTextFileSync', 'args version')],
  ['Buffer', part('from byteLength alloc concat isBuffer')],
  ['Date', part('now parse UTC')],
  ['Intl', part('DateTimeFormat NumberFormat ListFormat PluralRules RelativeTimeFormat Collator Segmenter')],
  ['JSON', part('parse stringify')],
  ['Math', part('abs ceil floor round trunc max min pow sqrt cbrt log log2 log10 log1p exp sin cos tan atan atan2 hypot sign random clz32 fround imul asin acos sinh cosh tanh expm1', 'PI E LN2 LN10 SQRT2')],
  ['Number', part('isInteger isFinite isNaN isSafeInteger parseFloat parseInt', 'MAX_SAFE_INTEGER MIN_SAFE_INTEGER MAX_VALUE MIN_VALUE EPSILON POSITIVE_INFINITY')],
  ['Object', part('keys values entries fromEntries assign freeze is hasOwn isFrozen groupBy')],
  ['Promise', part('all allSettled race any resolve reject')],
  ['String', part('fromCharCode fromCodePoint raw')],
  ['Symbol', part('for', 'iterator asyncIterator')],
  ['URL', part('canParse')],
  ['WebAssembly', part('Module compile validate')],
  ['WebAssembly.Module', part('exports imports customSections')],
  ['console', part('log table error warn info debug dir time timeEnd timeLog count group groupEnd assert', 'log error')],
  ['performance', part('now')],
  ['process', part('cwd uptime memoryUsage hrtime exit nextTick on once off', 'version versions platform arch argv pid exitCode')],
  ['process.hrtime', part('bigint')],
  ['process.stdin', part('on once setEncoding resume')],
  ['process.stdout', part('write', 'isTTY columns')],
  ['process.stderr', part('write', 'isTTY columns')],
])

const TYPESCRIPT_KINDS = ['Function', 'Class', 'Interface', 'TypeAlias', 'Enum', 'Variable', 'Import', 'Export', 'Method', 'Property', 'Parameter', 'Module', 'Namespace'].map((kind) => `is${kind}Declaration`).join(' ') +
  ' isIdentifier isCallExpression isPropertyAccessExpression isElementAccessExpression isStringLiteral isStringLiteralLike isNumericLiteral isArrowFunction isFunctionExpression isFunctionLike isVariableStatement isExportAssignment isExpressionStatement isBinaryExpression isNewExpression isObjectLiteralExpression isArrayLiteralExpression isPropertyAssignment isJsxElement isJsxSelfClosingElement isJsxOpeningElement isJsxAttribute isReturnStatement isIfStatement isBlock isAwaitExpression isTemplateExpression isNoSubstitutionTemplateLiteral isTypeReferenceNode isUnionTypeNode isLiteralTypeNode isTypeLiteralNode isPropertySignature isMethodSignature isNamedImports isNamedExports isNamespaceImport isImportSpecifier isExportSpecifier isAsExpression isNonNullExpression isConditionalExpression isConstructorDeclaration isDecorator isSourceFile isEnumMember isStatement isExpression isTypeNode'

/** Modules of Node that only compute, and the few functions of `fs` whose first argument is a place. */
export const JAVASCRIPT_MODULES: ReadonlyMap<string, JavascriptObject> = new Map([
  ['assert', part('equal deepEqual strictEqual deepStrictEqual notEqual notStrictEqual ok throws match rejects doesNotThrow doesNotReject notDeepEqual notDeepStrictEqual fail ifError doesNotMatch')],
  ['assert/strict', part('equal deepEqual strictEqual deepStrictEqual notEqual notStrictEqual ok throws match rejects doesNotThrow doesNotReject notDeepEqual notDeepStrictEqual fail ifError doesNotMatch')],
  ['crypto', part('createHash createHmac hash randomUUID randomInt randomBytes getHashes getCiphers timingSafeEqual scryptSync pbkdf2Sync hkdfSync createCipheriv createDecipheriv generateKeyPairSync createSign createVerify')],
  ['fs', part('readFileSync writeFileSync existsSync statSync lstatSync readdirSync appendFileSync createReadStream')],
  ['fs.promises', part('readFile writeFile readdir stat')],
  ['fs/promises', part('readFile writeFile readdir stat')],
  ['os', part('cpus totalmem freemem availableParallelism platform arch type release loadavg uptime endianness version machine', 'EOL')],
  ['path', part('join resolve relative basename dirname extname normalize isAbsolute parse format', 'sep delimiter posix')],
  ['perf_hooks', part('', 'performance')],
  ['perf_hooks.performance', part('now')],
  ['zlib', part('gzipSync gunzipSync brotliCompressSync brotliDecompressSync deflateSync inflateSync crc32')],
  ['timers/promises', part('setTimeout setImmediate')],
  ['querystring', part('parse stringify escape unescape')],
  ['url', part('parse format fileURLToPath pathToFileURL URL URLSearchParams')],
  ['util', part('inspect format isDeepStrictEqual styleText stripVTControlCharacters types parseArgs')],
  ['events', part('once', 'EventEmitter')],
  ['stream', part('pipeline finished', 'Readable Writable Transform Duplex PassThrough')],
  ['stream.Readable', part('from')],
  ['stream/promises', part('pipeline finished')],
  ['test', part('test it describe suite before after beforeEach afterEach')],
  ['string_decoder', part('StringDecoder')],
  ['readline', part('createInterface')],
  ['typescript', part('createSourceFile forEachChild createPrinter transpile transpileModule readConfigFile parseConfigFileTextToJson flattenDiagnosticMessageText getLineAndCharacterOfPosition getLeadingCommentRanges getTrailingCommentRanges getModifiers getJSDocTags getJSDocCommentsAndTags getCombinedModifierFlags tokenToString ' + TYPESCRIPT_KINDS, 'version SyntaxKind ScriptTarget ScriptKind ModuleKind NewLineKind NodeFlags ModifierFlags JsxEmit EmitHint ModuleResolutionKind')],
  ['js-yaml', part('load loadAll dump')],
  // None hands on what it finds under a name: by `constructor`, any function leads to one that runs texts.
  ['lodash', part('chunk compact difference differenceBy union unionBy uniq uniqBy intersection intersectionBy xor zip unzip flatten flattenDeep range sum sumBy mean meanBy max maxBy min minBy countBy groupBy keyBy orderBy sortBy partition camelCase kebabCase snakeCase startCase capitalize upperFirst lowerFirst isEqual isEmpty isPlainObject cloneDeep clone take takeRight drop dropRight without fromPairs zipObject invert omit words deburr escape unescape truncate pad padStart padEnd clamp round times')],
  ['path/posix', part('join resolve relative basename dirname extname normalize isAbsolute parse format', 'sep')],
])

/** Modules of Node that start programs or ask other machines: each call of theirs is judged as what it starts. */
export const JAVASCRIPT_STARTERS: ReadonlyMap<string, JavascriptObject> = new Map([
  ['child_process', part('exec execSync execFile execFileSync spawn spawnSync')],
  ['http', part('get')],
  ['https', part('get')],
])

/** Packages of which only listed functions may be called. */
export const LISTED_PACKAGES = words('typescript js-yaml lodash')

/** Functions of modules whose first argument names a file or a folder; true for those that fill it. */
export const JAVASCRIPT_PLACES: ReadonlyMap<string, boolean> = new Map([
  ...['readFileSync', 'existsSync', 'statSync', 'lstatSync', 'readdirSync', 'createReadStream'].map((name) => [`fs.${name}`, false] as const),
  ...['Bun.file', 'Deno.readTextFile', 'Deno.readTextFileSync'].map((name) => [name, false] as const),
  ...['fs.promises', 'fs/promises'].flatMap((module) => ['readFile', 'readdir', 'stat'].map((name) => [`${module}.${name}`, false] as const)),
  ...['fs.writeFileSync', 'fs.appendFileSync', 'fs.promises.writeFile', 'fs/promises.writeFile'].map((name) => [name, true] as const),
])

/**
 * Packages that only compute, of which any function may be called that is not named for doing more. None takes the name of a
 * member as text, as `get` of lodash does: by `constructor`, any function leads to one that runs texts.
 */
export const PURE_PACKAGES: ReadonlySet<string> = words('semver dayjs date-fns luxon moment uuid nanoid ms zod yaml bignumber.js decimal.js slugify change-case classnames clsx qs he marked picocolors chalk fast-deep-equal deep-equal micromatch minimatch picomatch acorn acorn-walk @babel/parser esprima espree react react-dom/server parse5 htmlparser2 entities markdown-it sanitize-html validator bytes pretty-bytes filesize pluralize lru-cache ulid compare-versions deepmerge object-hash fast-json-stable-stringify json5 jsonc-parser toml @iarna/toml smol-toml ini csv-parse/sync fast-xml-parser date-fns-tz postcss-value-parser postcss-selector-parser tinycolor2 d3-array')

/** Global functions that may be called, and handed to others, by their names alone. */
export const JAVASCRIPT_FUNCTIONS = words('String Number Boolean BigInt Date gc parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI structuredClone setTimeout clearTimeout setImmediate queueMicrotask Error TypeError RangeError SyntaxError Symbol RegExp Set Map Array')

/** What may be made with `new`, besides what the text itself or the project names. */
export const JAVASCRIPT_CLASSES = words('Set Map WeakMap WeakSet Date RegExp Array URL URLSearchParams Error TypeError RangeError SyntaxError Promise TextEncoder TextDecoder Uint8Array Uint16Array Uint32Array Int8Array Int16Array Int32Array Float32Array Float64Array ArrayBuffer DataView AbortController URLPattern WeakRef FinalizationRegistry')

export const JAVASCRIPT_KEYWORDS = words('async await break case catch const continue default delete do else false finally for function if in instanceof let new null of return switch throw true try typeof undefined NaN Infinity var void while yield')

/** Methods of texts, numbers, collections, dates, promises and streams that only hand their values on. */
export const JAVASCRIPT_METHODS = words('at charAt charCodeAt codePointAt concat copyWithin endsWith entries every exec fill filter find findIndex findLast findLastIndex flat flatMap forEach format formatToParts get getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth getSeconds getTime getTimezoneOffset getUTCDate getUTCDay getUTCFullYear getUTCHours getUTCMinutes getUTCMonth has includes indexOf ' +
  'isSubsetOf join keys lastIndexOf localeCompare map match matchAll next normalize padEnd padStart pop push reduce reduceRight repeat replace replaceAll resolvedOptions reverse search set setDate setFullYear setHours setMinutes setMonth setUTCDate shift slice some sort splice split startsWith subarray substring substr test toExponential toFixed toISOString toJSON toLocaleDateString toLocaleLowerCase toLocaleString toLocaleTimeString toLocaleUpperCase toLowerCase toPrecision toReversed toSorted toSpliced toString toUTCString toUpperCase trim trimEnd trimStart union intersection difference unshift valueOf values with add delete clear append getAll ' +
  'then catch finally digest update hex readUInt8 readUInt16BE readUInt32BE readUInt16LE readUInt32LE equals isFile isDirectory isSymbolicLink isWellFormed toWellFormed symmetricDifference isSupersetOf isDisjointFrom compare readInt8 readInt16BE readInt16LE readInt32BE readInt32LE readFloatLE readDoubleLE readBigUInt64BE readBigUInt64LE on once setEncoding resume encode decode ' +
  'text json arrayBuffer getText getStart getEnd getFullText getFullStart getWidth getChildren getChildCount getSourceFile getLineAndCharacterOfPosition getLineStarts forEachChild printFile printNode ' +
  'final getAuthTag setAuthTag readUIntBE readUIntLE readIntBE readIntLE readBigInt64LE readBigInt64BE getUint8 getUint16 getUint32 getInt8 getInt16 getInt32 getFloat32 getFloat64 setUint8 setUint16 setUint32 setInt16 setInt32 setFloat32 setFloat64 setUTCHours setUTCMinutes setUTCMonth setUTCFullYear setSeconds setMilliseconds setTime swap16 swap32 emit off pipe unpipe end listenerCount eventNames removeAllListeners addListener prependListener destroy pause toArray unref ref abort addEventListener removeEventListener throwIfAborted deref register unregister getBigUint64 getBigInt64 setBigUint64 setBigInt64 segment')

/** Names by which a value becomes a function of any text, or by which functions and frames are reached: never written at all. */
export const JAVASCRIPT_POWER = /^(?:__.*|constructor|prototype|call|apply|bind|caller|callee|arguments|this|super|eval|Function|Reflect|Proxy|WebAssembly|globalThis|global|prepareStackTrace|captureStackTrace|getThis|getFunction|mainModule|getBuiltinModule|dlopen)$/

/**
 * Names that mean something in every text of Node, some of them modules with power: a text that uses one of them as a name of its own
 * may mean the other elsewhere.
 */
export const JAVASCRIPT_TAKEN = words('fs child_process cluster dgram dns http http2 https inspector module net process repl v8 vm wasi worker_threads require exports fetch WebSocket EventSource Worker navigator crypto Crypto SubtleCrypto async_hooks diagnostics_channel domain constants os perf_hooks readline stream sys timers tls trace_events tty util assert buffer events console ' +
  'Atomics SharedArrayBuffer BroadcastChannel MessageChannel MessagePort AbortSignal EventTarget Event Request Response Headers FormData Blob File CompressionStream DecompressionStream ReadableStream WritableStream TransformStream PerformanceObserver setInterval localStorage sessionStorage Storage sqlite sea test Iterator ' +
  'Object Function Array Number String Boolean Symbol Promise RegExp Error JSON Math Intl Date Map Set URL URLSearchParams Buffer structuredClone parseInt parseFloat eval')
