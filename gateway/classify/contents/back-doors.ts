const MAX_NAMES = 64 // of one text, that hold words out of a request
const MAX_CALLS = 1_024 // that could start something, of one text

// Words that somebody else sends: what each framework calls them.
const REQUEST = String.raw`(?:\b(?:req|request|ctx|context|event|evt|self\.request|flask\.request|c|r|q|http_?request|httpReq|info)\.(?:request\.)?(?:query|body|params|headers?|cookies|args|form|values|json|data|GET|POST|url|nextUrl|queryStringParameters|pathParameters|getParameter|getHeader|param|input|get_json|get_data|stream|rawBody|Query|Form|Headers|FormValue|PostFormValue|URL\.Query|Param|PostForm|DefaultQuery|text\(\))\b|\brequest\.(?:get|input|all)\(|\bparams(?:\[|\.(?:fetch|require|permit)\()|\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|\$request->|\bsearchParams\.get\(|\b(?:conn|sock|socket|client|s|c)\.recv\(|\bRequest\.(?:Query|Form|Headers|Params)\b|\bparam\(\s*['"]|\bconn\.(?:query_params|body_params|params)\b)`
// Starts a program, or reads text as code. What only ends like it (\`pattern.exec\`, \`redis.eval\`) does neither.
const MODULES = String.raw`(?:cp|child_?[pP]rocess|childProcess|shell|shelljs|process|require\(\s*['"](?:node:)?child_process['"]\s*\)|os|subprocess|asyncio|commands|pty|Kernel|Open3|IO|Process|PTY|Runtime\.getRuntime\(\)|globalThis|window|global|builtins|vm|__import__\(['"]\w+['"]\))`
const BARE = 'exec|execSync|execFile|execFileSync|execAsync|execPromise|spawn|spawnSync|execa|execaCommand|execaSync|execaCommandSync|eval|Function|system|popen|Popen|check_output|check_call|getoutput|getstatusoutput|create_subprocess_(?:shell|exec)|shell_exec|passthru|proc_open|pcntl_exec|create_function|unserialize|instance_eval|class_eval|runIn\\w+Context|compileFunction'
const BELOW = 'run|call|popen2|popen3|Start|capture2e?|capture3|spawnl\\w*|execv\\w*'
const STARTS = new RegExp(String.raw`(?:(?<![\w.$>])(?:${MODULES}\.(?:${BARE}|${BELOW})|(?:${BARE})|exec\.Command(?:Context)?|Code\.eval_string|System\.cmd|Bun\.spawn|new\s+Function|new\s+ProcessBuilder|(?:pickle|marshal|dill|cloudpickle)\.loads|yaml\.(?:unsafe_load|load)))\s*\(`, 'g')
const SHELLS = /^\s*(?:\[\s*|new\s+String\[\]\s*\{\s*)?['"](?:\/bin\/|\/usr\/bin\/)?(?:(?:ba|z|da|k)?sh|cmd(?:\.exe)?|powershell|pwsh|python3?|node|perl|ruby|php)['"]\s*,\s*\[?\s*['"][-/][\w]*[cCe]['"]\s*,?/
const TAKES = new RegExp(String.raw`(?:\b(?:const|let|var|my|val|auto|String|string)\s+|[\n;{(][\t ]*|\?php\s+|^)[$@]?(\w+)(?:\s*:\s*\w+)?\s*(?::=|=)(?!=)\s*[^;\n]{0,120}?${REQUEST}`, 'g')
const TAKES_APART = /[{]([^{}]{1,200})[}]\s*=\s*(?:await\s+)?(?:req|request|ctx\.request|ctx|event|c\.req|JSON\.parse\(\s*(?:req|request|event))\.(?:query|body|params|headers|cookies|json)/g
const HEARS = /\b\w*(?:socket|conn|ws|client|sock|stream|channel)\w*\.on\(\s*['"](?:data|message)['"]\s*,\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\w+)/gi
const RUBY_TICKS = /(?:`|%x[({[])[^`\n]{0,200}#\{\s*(?:params|request)\b/
const PHP_CALLS = /\$_(?:GET|POST|REQUEST|COOKIE)\s*\[[^\]\n]{1,60}\]\s*\(|\b(?:include|require)(?:_once)?\s*\(?\s*\$_(?:GET|POST|REQUEST|COOKIE)\b|`[^`\n]{0,100}\$_(?:GET|POST|REQUEST)\b/
const ARGUED = /\bCommand::new\(\s*"(?:ba|z)?sh"\s*\)[\s\S]{0,60}?\.arg\(\s*"-c"\s*\)[\s\S]{0,60}?\.arg\(\s*&?(?:query|params|body|req|q|form|payload)\b/

/** Whether a program would start, or code be read, by words out of a request. */
export function opensBackDoor (path: string, text: string): boolean {
  if (RUBY_TICKS.test(text) || PHP_CALLS.test(text) || ARGUED.test(text)) return true
  const names = namesOf(text)
  const words = new RegExp(names.length === 0 ? REQUEST : `${REQUEST}|(?<![\\w.'"])[$@]?(?:${names.join('|')})\\b(?!['":(])`)
  let left = MAX_CALLS
  for (const { index, 0: start } of text.matchAll(STARTS)) {
    left -= 1
    if (left < 0) return false
    const given = text.slice(index + start.length, index + start.length + 300)
    if (words.test(/Function\s*\($/.test(start) ? given.slice(0, 200) : programOf(given)) && !isQuoted(path, text, index)) return true
  }
  return false
}

function namesOf (text: string): readonly string[] {
  const single = [...text.matchAll(TAKES), ...text.matchAll(HEARS)].slice(0, MAX_NAMES).map(([, name = '']) => name)
  const apart = [...text.matchAll(TAKES_APART)].slice(0, MAX_NAMES).flatMap(([, names = '']) => names.split(',').map((name) => /(\w+)\s*(?:=.*)?$/.exec(name.trim())?.[1] ?? ''))
  return [...new Set([...single, ...apart])].filter((name) => /^[A-Za-z_]\w*$/.test(name) && !/^(?:this|self|req|request|res|response|ctx|err|error|next|url|id)$/.test(name)).slice(0, MAX_NAMES)
}

// The first argument; behind a shell and its option, the text for it. Of a fixed program only arguments come from elsewhere.
function programOf (given: string): string {
  const shell = SHELLS.exec(given)
  const text = shell === null ? given : given.slice(shell[0].length)
  let depth = 0
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charAt(at)
    if (quote !== '') {
      if (unit === '\\') at += 1
      else if (unit === quote) quote = ''
    } else if (unit === '"' || unit === "'" || unit === '`') quote = unit
    else if (unit === '(' || unit === '[' || unit === '{') depth += 1
    else if (unit === ')' || unit === ']' || unit === '}') depth -= 1
    if (quote === '' && (depth < 0 || (unit === ',' && depth <= (text.trimStart().startsWith('[') ? 1 : 0)))) return text.slice(0, at)
  }
  return text
}

// What a rule for a linter, or a test of one, has in quotes.
function isQuoted (path: string, text: string, index: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', index) + 1, index)
  const isComment = /^\s*(?:\/\/|#(?!\{)|\*|--)/.test(line)
  const isTest = /(?:^|\/)(?:tests?|__tests__|spec|fixtures|testdata)\/|[._-](?:test|spec)\.\w+$/.test(path)
  const odd = (quote: string, within: string): boolean => within.split(quote).length % 2 === 0
  return isComment || odd("'", line.replace(/\\./g, '')) || odd('"', line.replace(/\\./g, '')) || (isTest && odd('`', text.slice(0, index)))
}
