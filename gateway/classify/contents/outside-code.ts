import { NAMELESS } from './plain-signs.ts'
import { isToolSettings } from './tool-settings.ts'

// Folders that the workspace's people do not look into, or that are not in it.
const TOOLS = 'storybook|vitepress|vscode|github|config|devcontainer|husky|changeset|yarn|pnp|eslintrc|babelrc|env|rspec|bundle|mvn|cargo|nycrc|mocharc|next|nuxt|svelte-kit|astro|docusaurus|jest|vitest'
const OUTSIDE = String.raw`(?:\/tmp\/|\/var\/tmp\/|\/dev\/shm\/|~\/|\$\{?HOME\}?\/|\/home\/|\/root\/|\/mnt\/|https?:\/\/|(?:file:\/\/)\/tmp|(?:\.\/)?\.(?!\.?\/|(?:${TOOLS})(?:\/|\b))[\w-]+\/)`
const OPENS = String.raw`[ \t"'=:,[\]]{1,8}`
const RSPEC = new RegExp(String.raw`(?:^|\s)(?:--require|-r|-I|--options|-O|--default-path)[ =]?["']?${OUTSIDE}`, 'm')
const MOCHA = new RegExp(String.raw`["']?\b(?:require|file|import|loader|node-option|nodeOption|experimental-loader|config|opts|extends)["']?${OPENS}(?:[^\n\]}]{0,200}?["' =,])?(?:import=|require=|loader=|-r |--require[ =]|--import[ =]|-\s+)?${OUTSIDE}`)
const PYTEST = new RegExp(String.raw`--pastebin\b|(?:--rootdir|--confcutdir|--config-file|-c|-p|--import-mode\S*|--pyargs|--ds|--override-ini)[ =]${OUTSIDE}|^[ \t]*(?:pythonpath|python_paths|plugins|required_plugins|norecursedirs_from|with-plugin|where|pylint_plugins|load-plugins|init-hook|rcfile|mypy_path|paths|concurrency_plugin)[ \t]*=[^\n]{0,200}?(?:^|[\s=,:"'])${OUTSIDE}|^[ \t]*addopts[ \t]*=[^\n]{0,300}?\s-p[ =](?:\/|\.\.)|^[ \t]*init-hook[ \t]*=[^\n]{0,300}?(?:exec|system|import os\b|subprocess|\/tmp)`, 'm')
const OPTIONS: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/(?:^|\/)\.rspec(?:-local)?$/, RSPEC],
  [/(?:^|\/)(?:\.mocharc(?:\.\w+)?|mocha\.opts|\.taprc|\.nycrc(?:\.\w+)?|\.c8rc(?:\.\w+)?|ava\.config\.\w+|jasmine\.json|\.swcrc|\.lintstagedrc(?:\.\w+)?)$/, MOCHA],
  [/(?:^|\/)(?:pytest\.ini|\.pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|\.noserc|nose\.cfg|\.coveragerc|\.pylintrc|pylintrc|mypy\.ini|\.flake8)$/, PYTEST],
]
// Variables by which a program loads code of somebody's choice.
const LOADERS = 'BASH_ENV|LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES|DYLD_LIBRARY_PATH|PYTHONSTARTUP|PYTHONPATH|PYTHONHOME|PYTEST_ADDOPTS|PYTEST_PLUGINS|PERL5OPT|PERL5LIB|PERL5DB|RUBYOPT|RUBYLIB|NODE_OPTIONS|NODE_PATH|BUN_OPTIONS|GIT_SSH_COMMAND|GIT_SSH|GIT_EXEC_PATH|GIT_TEMPLATE_DIR|GIT_CONFIG_GLOBAL|GIT_CONFIG_SYSTEM|GIT_ASKPASS|SSH_ASKPASS|GIT_EXTERNAL_DIFF|GIT_PAGER|GIT_EDITOR|GIT_PROXY_COMMAND|PROMPT_COMMAND|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|RUSTC_WRAPPER|RUSTC|CARGO_BUILD_RUSTC_WRAPPER|ZDOTDIR|PHP_INI_SCAN_DIR|LUA_INIT|ERL_FLAGS|ELIXIR_ERL_OPTIONS|DOTNET_STARTUP_HOOKS|NPM_CONFIG_SCRIPT_SHELL|npm_config_script_shell|npm_config_userconfig'
// Without quotes, the value of a variable ends at a blank: behind it stands the program.
const LOADED = new RegExp(String.raw`(?:\b(?:${LOADERS})|(?<=^|export |env |\n|; )ENV(?==))\b(?:=[^\s"'\`;]{0,160}?|["']?\]?\)?[ \t]{0,4}(?:=>|[=:,])[ \t]{0,4}(?:["'\`]|(?<=[ \t:,>])(?<!=[ \t]{0,4}))[^\n"'\`;]{0,160}?)(?<![\w./-])${OUTSIDE}`)
const INDEXES = 'PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|UV_INDEX_URL|UV_DEFAULT_INDEX|UV_EXTRA_INDEX_URL|POETRY_REPOSITORIES_\\w+_URL|npm_config_registry|NPM_CONFIG_REGISTRY|YARN_REGISTRY|YARN_NPM_REGISTRY_SERVER|GOPROXY|GEM_SOURCE|BUNDLE_MIRROR\\w*|CARGO_REGISTRIES_\\w+_INDEX|HTTPS?_PROXY|https?_proxy|ALL_PROXY|all_proxy|npm_config_(?:https_?)?proxy|COMPOSER_MIRROR_URL|ELECTRON_MIRROR|NODEJS_ORG_MIRROR|PLAYWRIGHT_DOWNLOAD_HOST|PUPPETEER_DOWNLOAD_BASE_URL|HEX_MIRROR|HOMEBREW_BOTTLE_DOMAIN'
const KNOWN = String.raw`(?:[\w-]+@)?(?:localhost\b|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[::1\]|[\w.-]+\.(?:internal|corp|local|lan|intra|home\.arpa)\b|[\w-]+(?=[:/\s"'\`,;)]|$)|\$)`
const REDIRECTED = new RegExp(String.raw`\b(?:${INDEXES})["']?\]?\)?[ \t]{0,4}(?:=>|[=:,])[ \t]{0,4}["'\`]?(?:https?|socks\w*):\/\/(?!${KNOWN})[\w.-]`)
// Code, or the settings of a tool, that name a module there.
const FROM_OUTSIDE = /(?<![\w.])(?:require|import|require_relative|load_source|spec_from_file_location)\s*\(\s*(?:['"][\w.]{1,40}['"]\s*,\s*)?['"`](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|\bfrom\s+['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|^[\t ]*(?:require|require_relative|load|import)\s+['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|\bsys\.path\.(?:insert|append)\([^)\n]{0,20}['"](?:\/tmp|\/var\/tmp|\/dev\/shm)(?:\/[\w.-]*)?['"]|\b(?:plugins|presets|setupFiles\w*|globalSetup|extends)\s*:\s*\[?\s*['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\//m
// Libraries by their path, whoever loads them, and flags by which compilers and virtual machines load some.
const SCRATCH = String.raw`(?:\/tmp|\/var\/tmp|\/dev\/shm)`
const LIBRARY = new RegExp(String.raw`(?:\b(?:CDLL|LoadLibrary|dlopen|load_library|loadLibrary|System\.load|ctypes\.\w+|ffi\.(?:dlopen|load)|FFI::cdef|DynamicLibrary\.open|Fiddle\.dlopen|plugin\.Open)\s?[(\s][^)\n]{0,80}?|package\.c?path\s?=\s?)['"\x60]${SCRATCH}\/[^'"\x60\n]{1,200}`)
const FLAG = new RegExp(String.raw`(?:-f(?:pass-)?plugin=|-javaagent:|-agentpath:|-pgmF\s{1,4}|-B(?=\/tmp)|-load-ml-object\s[^\n]{0,40}?|^[\t ]*-[IQR]\s|-Xplugin[:=]|-include\s{1,4}|-wrapper\s{1,4}|-specs=|\bSHELL[\t ]?[:?+]?=[\t ]?|--plugin=\S{0,40}=)${SCRATCH}\/`, 'm')
// A type checker that starts programs for whoever is checked.
const CHECKER = /\bOPTIONS\b[^}\n]{0,80}--allow-exec\b|#load\s+"https?:/
const MODULE = /\b(?:testEnvironment|runner|reporters?|resolver|transform(?:er)?s?|global(?:Setup|Teardown)|loaders?|parser|processor|formatters?|preset|watchPlugins|snapshotSerializers|testRunner|testSequencer|require|preload)\s*:\s*(?:\[\s*|\{\s*[^{}\n]{0,40}:\s*)?['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\//
// Modules that a page or a program has of a stranger; those that whole languages have in common are known.
const COMMON = String.raw`(?:[\w-]+\.)*(?:deno\.land|esm\.sh|esm\.run|jsr\.io|jsdelivr\.net|unpkg\.com|skypack\.dev|jspm\.(?:io|dev)|cdnjs\.cloudflare\.com|gstatic\.com|googleapis\.com|githubusercontent\.com|github\.io|example\.(?:com|org))\b`
const MODULE_OF = new RegExp(String.raw`(?:^[\t ]*import\s[^;\n]{0,200}?\bfrom\s*|^[\t ]*import\s*|\bimport\(\s*|\bimportScripts\(\s*|^[\t ]*export\s[^;\n]{0,80}?\bfrom\s*)['"]https?:\/\/(?!localhost\b|127\.|${COMMON})[\w-]+\.`, 'm')
const THROUGH = /\bproxy\s*:\s*\{\s*server\s*:\s*['"]https?:\/\/(?!localhost\b|127\.|10\.|192\.168\.)[\w-]+\.[\w.-]+/

const PROXIED = new RegExp(String.raw`\b(?:proxy|registry|index[-_]url)\b\W{1,12}(?:(?:server|url|host)\W{1,6})?${NAMELESS}`, 'i')
// A program that comes with what a compiler or a proof is to read.
const PLUGGED = /-fplugin=(?:\/tmp|\/var\/tmp|\/dev\/shm|~|\/home|\/root)\/|-load-ml-object\s+(?:-arg\s+)?(?:\/tmp|\/var\/tmp|\/dev\/shm)\/|\bpackage\.c?path\s*=\s*['"](?:\/tmp|\/var\/tmp|\/dev\/shm)\/|\{-#\s*OPTIONS\s[^#\n]{0,200}--allow-exec|#load\s+"https?:|#r\s+"(?:nuget|https?):|\bcmdSpec\s+"(?:\/tmp|\/dev\/shm)\//
// A value in the settings of a tool, and what it is for.
const NAMED_OUTSIDE = /(?:^|[\s"'=:[,(@])(?:file:\/\/)?(?:(?:(?:\/tmp|\/var\/tmp|\/dev\/shm|~|\/home\/\w+|\/root)\/|(?:\.\.\/){1,16}(?:tmp|var\/tmp|dev\/shm|root|home)\/)[^\s"',\])>]{1,200}|(?:\/tmp|\/var\/tmp|\/dev\/shm)(?=["'\s,\]]|$))/
const CODE_FILE = /\.(?:[cm]?js|tsx?|rb|py|so|php|dylib|dll|jar|sh|wasm|phar|node|lua)\b/
const LOADS = /plugin|require|extends|preset|loader|bootstrap|import|compiler|setup|extension|paths|load|hook|formatter|reporter|parser|processor|transform|runner|resolver|exec|command|inherit/i
const KEEPS = /cache|out|report|log|tmp_?dir|temp|coverage|buildinfo|dir\b/i
const TEST = /(?:^|\/)(?:tests?|__tests__|spec|fixtures|testdata)\/(?!conftest)|[._-](?:test|spec)\.\w+$/
const SAID = /^\s*(?:\/\/|#|\*|--|;)|\b(?:expect|assert\w*|toBe|toEqual|should|equal|delete|unset)\b/

/** Whether what a text names or sets, modules, options or variables, has tools load code, or packages, from outside of the workspace. */
export function loadsFromElsewhere (path: string, text: string): boolean {
  if (path !== '' && !/^(?:\/var)?\/tmp\//.test(path) && FROM_OUTSIDE.test(text)) return true
  if (isToolSettings(path) && namesCodeOutside(text)) return true
  if (PLUGGED.test(text) || PROXIED.test(text)) return true
  if (FLAG.test(text) || CHECKER.test(text) || MODULE.test(text) || MODULE_OF.test(text) || THROUGH.test(text)) return true
  if (LIBRARY.test(text) && !/\s-o\s{0,4}\/tmp/.test(text)) return true
  for (const [files, pattern] of OPTIONS) if (files.test(path)) return pattern.test(text) || hasVariable(text)
  return !TEST.test(path) && hasVariable(text)
}

function namesCodeOutside (text: string): boolean {
  let key = ''
  return text.split('\n').some((line) => {
    key = /^\s*["']?([\w.:@/-]{2,60})["']?\s*[:=]|^\s*(--?[\w-]{1,40})|^\s*<(\w+)/.exec(line)?.slice(1).find((name) => name !== undefined) ?? key
    const [found] = NAMED_OUTSIDE.exec(line) ?? []
    return found !== undefined && (CODE_FILE.test(found) || LOADS.test(line) || LOADS.test(key)) && (CODE_FILE.test(found) || !KEEPS.test(line))
  })
}

function hasVariable (text: string): boolean {
  return [LOADED, REDIRECTED].some((pattern) => {
    const at = text.search(pattern)
    return at !== -1 && !SAID.test(text.slice(text.lastIndexOf('\n', at) + 1, at))
  })
}
