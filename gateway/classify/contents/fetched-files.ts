const MAX_ADDRESSES = 64 // of one text
const MAX_FILES = 32 // of scratch folders that a text names

const STRANGER = /\bhttps?:\/\/(?!localhost\b|127\.|0\.0\.0\.0)[\w-]+(?:\.[\w-]+)+/g
// Takes something over from another machine.
const TAKES = /\b(?:get|Get|request|fetch|download\w*|Download\w*|urlopen|urlretrieve|slurp|readText|read_url|GetByteArrayAsync|httpc|URL|http\.request|Invoke-WebRequest|iwr|curl|wget)\b/
// Reads text, or what a compiler made, as code; a text in quotes that stands there is no stranger's.
const READS = /(?<![\w.$>])(?:eval|exec)\s{0,4}\(\s{0,4}(?!['"`])|(?<![\w.$>])load\s{0,4}\(\s{0,4}http|\b(?:class_eval|instance_eval|module_eval|include_string|URLClassLoader|Assembly\.Load|load_binary|defineClass|eval_string|loadstring|runIn\w+Context|FunctionType\(compile)\s{0,4}\(|\(load-string\s|\bEngineByName\([^)\n]{0,40}\)|\bcreateObjectURL\(\s{0,4}new\s+Blob\(|#>\s{0,4}"(?:ba)?sh"|(?<![\w.$])eval\s+(?:get|\$)|\b(?:script|s)\.(?:textContent|text|innerHTML)\s{0,4}=\s{0,4}\(?\s{0,4}await\b/
const SCRATCH = /['"`]((?:\/var)?\/tmp\/[\w.-]{1,80}|\/dev\/shm\/[\w.-]{1,80})['"`]/g
const CHECKS = /\bsha\d{3}|\bdigest\b|\bchecksum|\bintegrity\b|\bsignature|\bverify/i
const STARTS = String.raw`(?:\b(?:Command|exec\w*|spawn\w*|system|Popen|popen|run|call|check_call|check_output|start|Start|ProcessBuilder|import_module)|Command::new|[\w.]{1,20}\(\s{0,4}\[\s{0,4}['"](?:ba)?sh['"],)\s{0,4}\(?\s{0,4}\[?\s{0,4}(?:['"](?:(?:ba)?sh|python3?|node|perl)['"]\s{0,4},\s{0,4})?`

/** Whether what a text fetches from a stranger is read as code near by, or kept in a file that it starts. */
export function runsWhatComes (text: string): boolean {
  const addresses = [...text.matchAll(STRANGER)].slice(0, MAX_ADDRESSES)
  if (addresses.length === 0) return false
  if (addresses.some(({ index }) => isReadNear(text.slice(Math.max(0, index - 160), index + 240), Math.min(index, 160)))) return true
  return !CHECKS.test(text) && startsFile(text)
}

function isReadNear (window: string, at: number): boolean {
  const start = window.lastIndexOf('\n\n', at)
  const end = window.indexOf('\n\n', at)
  const near = window.slice(start === -1 ? 0 : start, end === -1 ? undefined : end)
  return TAKES.test(near) && READS.test(near)
}

function startsFile (text: string): boolean {
  const files = [...text.matchAll(SCRATCH)].slice(0, MAX_FILES).map(([, file = '']) => file)
  const twice = [...new Set(files.filter((file, index) => files.indexOf(file) !== index))]
  if (twice.length === 0) return false
  const either = twice.map((file) => file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return new RegExp(`${STARTS}['"\`](?:${either})['"\`]`).test(text)
}
