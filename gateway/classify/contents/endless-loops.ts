const MAX_LOOPS = 512 // of one text
const MAX_BODY = 400

// A loop that has no condition, in each language.
const LOOPS = /\bwhile\s*\(?\s*(?:True|true|1|TRUE)(?![\w.]|\s*(?:&&|\|\||and\b|or\b|[<>=!]))\s*\)?\s*(?:[:{]|do\b)?|\bwhile\s*\(\s*\w{1,20}\.length\s*>=\s*0\s*\)\s*\{?|\bfor\s+\w{1,20}\s+in\s+(?:itertools\.)?(?:count|cycle|repeat)\([^)\n]{0,40}\)\s*:|\bfor\s*\(\s*;\s*;\s*\)|\bfor\s*\{|\bloop\s*(?:do\b|\{)|\bforever\s*[({]|\bwhile\s+\$?(?:true|True)\s+do\b/g
// What waits for something, or comes to an end.
const ENDS = /\b(?:break|return|throw|raise|exit|quit|sleep\w*|Sleep|usleep|delay|wait\w*|await|yield|recv\w*|accept|read\w*|Read\w*|receive|select|poll|next|input|getline|readline|gets|done|goto|panic|join|take|pop|shift|dequeue|get|consume|fetch\w*|listen|park|block\w*|tick|epoll\w*|run|dispatch|last|stop|acquire|lock|scan\w*|Scan\w*|unwrap_err|pump|turn|step|handle)\b|<-|StopIteration|\?\s*;|\.(?:next|get|pop|shift|take|recv|accept|poll|read|Next|Accept|Recv|Wait)\s*\(/
const GROWS = /\b(?:write\w*|Write\w*|append\w*|Append\w*|push(?:_back)?|fputs|fwrite|print\s+\$?\w*[fF]|malloc|calloc|alloc\w*|spawn\w*|fork|Thread|Worker|Process|Popen|make|repeat|put|requests\.\w+)\s*[!(]|\.push\(|\bnew\s+(?:Thread|Worker|byte|int|char|Array)\b|<<|\+=\s*['"\w([]{1,20}\s*\*|\bgo\s+func|:write\(/
const SENDS = /\b(?:requests|httpx|axios|http|session)\.\w{1,12}\(|\bfetch\(/g
const SPAWNS = /\bStream\.(?:iterate|repeatedly|cycle)\([^\n]{0,120}\bEnum\.each\([^\n]{0,40}\bspawn\b|\bfork\s+while\s+(?:true|1)\b|\b(?:def|func|function|const)\s+(\w{1,40})\b[^\n]{0,30}\s{0,8}(?:require\([^)\n]{1,30}\)\.|os\.)?(?:fork\([^)\n]{0,20}\)\s{0,4};?\s{0,8}(?:setImmediate\(\s*)?\1\b|go\s+\1\()|\bfork\s*\{\s*loop\s*\{\s*fork\b/

/** Whether a loop that nothing ends would use the machine up: it writes, keeps or starts, and waits for nothing. */
export function loopsForever (text: string): boolean {
  if (SPAWNS.test(text)) return true
  return [...text.matchAll(LOOPS)].slice(0, MAX_LOOPS).some(({ index, 0: header }) => {
    const body = bodyOf(text, index, header.length).replace(SENDS, 'spawn(')
    return !ENDS.test(body) && GROWS.test(body)
  })
}

// Up to the closing bracket, or to the line that stands as far left as the loop.
function bodyOf (text: string, at: number, length: number): string {
  const rest = text.slice(at + length, at + length + MAX_BODY)
  const start = text.lastIndexOf('\n', at) + 1
  if (text.charAt(at + length - 1) === ':') {
    const indent = /^[\t ]*/.exec(text.slice(start, at))?.[0].length ?? 0
    const lines = rest.split('\n')
    const end = lines.findIndex((line, index) => index > 0 && line.trim() !== '' && (/^[\t ]*/.exec(line)?.[0].length ?? 0) <= indent)
    return lines.slice(0, end === -1 ? undefined : end).join('\n')
  }
  let depth = text.charAt(at + length - 1) === '{' ? 1 : 0
  for (let index = 0; index < rest.length; index += 1) {
    const unit = rest.charAt(index)
    if (unit === '{') depth += 1
    if (unit === '}') depth -= 1
    if (unit === '}' && depth <= 0) return rest.slice(0, index)
    if (depth === 0 && (unit === ';' || unit === '\n') && index > 0 && !/^\s*$/.test(rest.slice(0, index))) return rest.slice(0, index)
  }
  return rest
}
