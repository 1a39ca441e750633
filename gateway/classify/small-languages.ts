import type { SmallLanguage } from './small-programs.ts'

/** Python that prints values: no callable here writes, runs or imports, and `open` only with a plain name for reading. */
export const SMALL_PYTHON: SmallLanguage = {
  modules: {
    json: { values: [], calls: ['load', 'loads', 'dumps'] },
    sys: { values: ['version', 'version_info', 'path', 'stdin', 'executable', 'platform'], calls: [] },
    ast: { values: [], calls: ['parse'] },
    tomllib: { values: [], calls: ['load', 'loads'] },
    platform: { values: [], calls: ['python_version', 'platform', 'machine', 'system'] },
    'importlib.metadata': { values: [], calls: ['version'] },
  },
  globals: {},
  functions: ['print', 'len', 'list', 'sorted', 'str', 'type', 'sum', 'set', 'max', 'min', 'int', 'open'],
  methods: ['read', 'keys', 'values', 'items', 'get', 'strip', 'split', 'splitlines'],
  keywords: ['indent', 'encoding', 'sort_keys', 'ensure_ascii', 'sep', 'end', 'reverse'],
  readers: ['open'],
  declares: /^$/,
  // The excepted ones do something as soon as they are imported, or hold the environment.
  own: /^(?!(?:antigravity|this|idlelib|turtle|pty|code|pdb|webbrowser|os|posix)$)[A-Za-z_]\w*$/,
}

/** JavaScript that prints values. */
export const SMALL_JAVASCRIPT: SmallLanguage = {
  modules: { fs: { values: [], calls: ['readFileSync'] } },
  globals: {
    console: { values: [], calls: ['log'] },
    JSON: { values: [], calls: ['parse', 'stringify'] },
    Object: { values: [], calls: ['keys', 'values', 'entries'] },
    process: { values: ['version', 'versions', 'platform', 'arch'], calls: [] },
  },
  functions: [],
  methods: ['join', 'slice', 'sort', 'split', 'trim', 'toString', 'includes'],
  keywords: [],
  readers: ['readFileSync'],
  declares: /^(?:const|let|var)$/,
  own: /^(?!(?:process|node:process)$)(?:\.{1,2}\/|@?[a-z])[\w./-]*$/,
}
