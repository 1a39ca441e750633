// What a language takes from another machine.
const FETCH = String.raw`(?:\b(?:requests|httpx)\.get|\burlopen|\bfetch|(?:\bhttps?|\brequire\(\s*['"\x60](?:node:)?https?['"\x60]\s*\))\.(?:get|request)|\bNet::HTTP\.get\w*|\bURI\.open|\bhttp\.get|\baxios(?:\.get)?|\bgot(?:\.get)?|\bfile_get_contents|\bHTTP::Tiny|\bread_url|\bhttpc:request|\b(?:Req|HTTPoison|Tesla)\.get!?|\burl-retrieve(?:-synchronously)?|\bURL(?=\s{0,4}\([^)\n]{0,200}\)\s{0,4}\.\s{0,4}(?:text|getText|readText|readBytes|openStream|content)\b)|\bslurp|\breadLines|\bdownload\.file)\s*\(`
const CODE = String.raw`(?:(?<![\w.$])(?:exec|eval|execfile|loadstring|instance_eval|class_eval)|\bnew\s+Function|(?<![\w.$])Function|\bvm\.(?:runIn\w+|Script|compileFunction)|\bmodule\._compile|\b\w+\._compile|\bCode\.eval_(?:string|quoted)|\b(?:pickle|marshal|dill|cloudpickle|joblib)\.loads?|(?<![\w.])evaluate|\bEval\.me|\bGroovyShell\(\)\.evaluate|\bload-string|\binclude_string|\bassert|\bglobalThis\.eval|\bwindow\.eval|\bbuiltins\.exec)`
const DIRECT = new RegExp(String.raw`${CODE}\s*\(\s*[^;\n]{0,80}?${FETCH}`)
const BARE = /\b(?:include|require)(?:_once)?\s*\(?\s*['"]https?:\/\/|\(url-retrieve\b[^;]{0,200}\(eval-buffer|\bsource\(\s*['"]https?:\/\/(?!localhost)|\beval\s+(?:URI\.open|Net::HTTP\.get|open\(\s*['"]https?:|get\s*\(?\s*['"]https?:|LWP::Simple::get|\$\w+->get\(\s*['"]https?:)/
// What comes is read as code by who waits for it: `.then((t) => eval(t))`, `r.on('data', (d) => eval(d))`.
const FETCHES = new RegExp(FETCH, 'g')
const READ = /(?:(?<![\w.$])eval|\bnew\s+Function|(?<![\w.$])Function|\bvm\.(?:runIn\w+|Script|compileFunction)|\w\._compile|\bglobalThis\.eval|\bwindow\.eval)\s*\(\s*(?![\s'"\x60)])/
const WAITS = /\.then\(|\.on\(\s*['"](?:data|end)['"]|=>|\bawait\b/
const FETCH_OF = new RegExp(`${FETCH}\\s*['"]https?:`)
const MAX_CALLS = 1_024 // that fetch, of one text
const MAX_REACH = 600 // how far behind a call what comes of it is read
const NAMED = new RegExp(String.raw`\b(\w+)\s*=\s*(?:\(?\s*await\s+)*[^;\n]{0,40}?${FETCH}[^;\n]{0,200}`, 'g')
const MAX_NAMES = 32

// Of what Ruby and its like opened, a name that is read as code without brackets.
const OPENED = /\b(\w+)\s*=\s*(?:URI\.open|Net::HTTP\.get|open|HTTParty\.get|Faraday\.get)\(?\s*(?:URI\(\s*)?['"]https?:[^\n]{0,200}/g
// A rule of Bazel that fetches without a sum, and starts what came.
const REPOSITORY = /\bctx\.download(?:_and_extract)?\((?![^)]{0,400}(?:sha256|integrity))[^)]{0,400}\)[^]{0,400}?\bctx\.execute\(\s{0,8}\[\s{0,8}["']\.\//
// A machine for code of others that reaches all of this one.
const UNWALLED = /\bpreopens\s*:\s*\{\s*['"][^'"\n]{0,40}['"]\s*:\s*['"]\/['"]/

// The same by words of one language alone, or by a name or a file in between.
const BETWEEN = [
  /\bsource\(\s*url\(\s*['"]https?:|\binclude(?:_string)?\(\s*(?:\w{1,20},\s*)?(?:Downloads\.)?download\(/,
  /\blocal\s+(\w{1,40})[^\n=]{0,20}=\s*[^\n]{0,20}\bhttps?\.request\b[^]{0,400}?\bload(?:string)?\s*\(\s*\1\b/,
  /\$(\w{1,40})\s*=\s*file_get_contents\(\s*['"]https?:[^]{0,300}?\bfile_put_contents\(\s*\$(\w{1,40})\s*,\s*\$\1\b[^]{0,300}?\b(?:include|require)(?:_once)?\s*\(?\s*\$\2\b/,
  /\burlopen\([^\n]{0,200}\bas\s+(\w{1,40})\s*:[^]{0,200}?\b(?:pickle|marshal|dill|cloudpickle)\.load\(\s*\1\b/,
  /\b(?:urlretrieve|urlopen|requests\.get)\([^)\n]{0,40}https?:(?!\/\/(?:localhost|127\.))(?:(?!sha\d{3}|digest)[^]){0,600}?\b(?:exec_module|run_path|exec_code)\(/,
  /\bmarshal\.loads\([^]{0,200}?\bFunctionType\(/,
]

/** Whether what another machine sends is read as code. */
export function runsFetched (text: string): boolean {
  if (DIRECT.test(text) || BETWEEN.some((pattern) => pattern.test(text)) || BARE.test(text) || [...text.matchAll(FETCHES)].slice(0, MAX_CALLS).some(({ index }) => isReadAsCode(text.slice(index, index + MAX_REACH)))) return true
  if ([...text.matchAll(OPENED)].slice(0, MAX_NAMES).some(([, name = '']) => new RegExp(`\\b(?:eval|instance_eval|class_eval)[ (]+${name}\\b`).test(text))) return true
  if (REPOSITORY.test(text)) return true
  if (UNWALLED.test(text) && FETCH_OF.test(text)) return true
  const names = [...text.matchAll(NAMED)].slice(0, MAX_NAMES).filter(([found]) => /https?:\/\/(?!localhost|127\.)/.test(found)).map(([, name = '']) => name)
  if (names.length === 0) return false
  if (new RegExp(`['"](?:ba|z|da)?sh['"]\\s*,\\s*\\[?\\s*['"]-\\w*c['"]\\s*,\\s*\\$?(?:${[...new Set(names)].join('|')})\\b`).test(text)) return true
  return new RegExp(`${CODE}\\s*\\(\\s*(?:await\\s+|compile\\(\\s*)?\\$?(?:${[...new Set(names)].join('|')})\\b(?!['"(])`).test(text)
}

function isReadAsCode (rest: string): boolean {
  const at = rest.search(READ)
  return at !== -1 && /https?:\/\/(?!localhost|127\.)/.test(rest.slice(0, 120)) && WAITS.test(rest.slice(0, at))
}
