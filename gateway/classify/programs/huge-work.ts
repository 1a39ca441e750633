import { makesHugeValue } from '../languages/huge-values.ts'

// Far beyond what any look or test needs, and far below what would take a machine's whole day.
const MANY = 1e7
const MAX_PIXELS = 1e9
const MAX_SECONDS = 36_000
const LONG_NUMBER = /^\d{25,}$/

/** What is known of one start of a program. `said` is what comes on its input, as far as the command says so. */
interface Start { readonly args: readonly string[], readonly said: string, readonly bounded: boolean }

const WORK: ReadonlyMap<string, (start: Start) => boolean> = new Map([
  ['shuf', ({ args, bounded }: Start) => isMany(valueOf(args, /^(?:-[a-z]*n|--head-count)/)) || (!bounded && valueOf(args, /^(?:-[a-z]*n|--head-count)/) === '' && (args.some((arg) => /^-[a-z]*r|^--repeat/.test(arg)) || isWide(valueOf(args, /^(?:-[a-z]*i|--input-range)/))))],
  ['split', ({ args }: Start) => /^\d{1,2}$/.test(valueOf(args, /^(?:-b|--bytes)/)) || Number(valueOf(args, /^(?:-n|--number)/)) >= 10_000],
  ['factor', ({ args, said }: Start) => [...args, ...said.split(/\s+/)].some((word) => LONG_NUMBER.test(word))],
  ['openssl', ({ args }: Start) => args[0] === 'rand' && args.some((arg) => /^\d{9,}$/.test(arg))],
  ['bc', calculates], ['dc', calculates],
  ['jq', ({ args }: Start) => args.some(isHugeFilter)], ['gojq', ({ args }: Start) => args.some(isHugeFilter)], ['jaq', ({ args }: Start) => args.some(isHugeFilter)],
  ['awk', ({ args }: Start) => args.some(isHugeAwk)], ['gawk', ({ args }: Start) => args.some(isHugeAwk)], ['mawk', ({ args }: Start) => args.some(isHugeAwk)],
  ['sed', ({ args }: Start) => args.some(turnsForever)], ['gsed', ({ args }: Start) => args.some(turnsForever)],
  ['sqlite3', ({ args, said }: Start) => [...args, said].some(recursesForever)], ['duckdb', ({ args, said }: Start) => [...args, said].some(recursesForever)],
  ['printf', ({ args }: Start) => /%[-+ 0#]*\*/.test(args[0] ?? '') && args.slice(1).some((arg) => /^-?\d{8,}$/.test(arg))],
  ['convert', isHugePicture], ['magick', isHugePicture], ['mogrify', isHugePicture],
  ['ffmpeg', ({ args }: Start) => isLongFilm(args)],
  ['sox', ({ args }: Start) => Number(args[args.indexOf('synth') + 1]) > MAX_SECONDS && args.includes('synth')],
  ['hyperfine', ({ args }: Start) => Number(valueOf(args, /^(?:-r|-m|--runs|--min-runs)/)) >= 100_000],
  ['make', startsMany], ['gmake', startsMany], ['ninja', startsMany], ['parallel', startsMany],
  ['cargo', startsMany], ['meson', startsMany], ['bazel', startsMany], ['xcodebuild', startsMany], ['msbuild', startsMany], ['ctest', startsMany],
  ['pytest', ({ args }: Start) => isOver(args, /^(?:-n|--numprocesses)(?==|$)/, MAX_JOBS) || isOver(args, /^--(?:count|flake-runs|repeat)(?==|$)/, MAX_REPEATS)],
  ['jest', ({ args }: Start) => isOver(args, /^(?:-w|--maxWorkers)(?==|$)/, MAX_JOBS)], ['vitest', ({ args }: Start) => isOver(args, /^--(?:maxWorkers|poolOptions\.\w+\.maxThreads)(?==|$)/, MAX_JOBS)],
  ['playwright', ({ args }: Start) => isOver(args, /^(?:-j|--workers)(?==|$)/, MAX_JOBS) || isOver(args, /^--repeat-each(?==|$)/, MAX_REPEATS)],
  ['go', ({ args, bounded }: Start) => args[0] === 'test' && (isOver(args, /^--?count(?==|$)/, MAX_REPEATS) || isOver(args, /^--?(?:parallel|cpu|p)(?==|$)/, MAX_JOBS) || (!bounded && fuzzesForever(args)))],
  ['ab', isLongLoad], ['hey', isLongLoad], ['wrk', isLongLoad], ['wrk2', isLongLoad], ['bombardier', isLongLoad], ['oha', isLongLoad], ['autocannon', isLongLoad], ['siege', isLongLoad], ['k6', isLongLoad], ['vegeta', isLongLoad],
  ['ping', ({ args, bounded }: Start) => !bounded && !args.some((arg) => /^-[a-zA-Z]*[cw]/.test(arg))],
  ['vmstat', ({ args, bounded }: Start) => !bounded && args.filter((arg) => /^\d+$/.test(arg)).length === 1],
  ['free', ({ args, bounded }: Start) => !bounded && args.some((arg) => /^-[a-z]*s|^--seconds/.test(arg)) && !(Number(valueOf(args, /^(?:-c|--count)/)) in SMALL)],
  ['lsof', ({ args, bounded }: Start) => !bounded && args.some((arg) => /^[-+]r/.test(arg))],
])

const MAX_JOBS = 1_000
const MAX_REPEATS = 1_000_000
const MAX_REQUESTS = 5_000_000
const MAX_MINUTES = 30

function isOver (args: readonly string[], option: RegExp, most: number): boolean { return Number(valueOf(args, option)) > most }

// Until somebody stops it, or a failure is found.
function fuzzesForever (args: readonly string[]): boolean {
  const time = valueOf(args, /^--?fuzztime(?==|$)/)
  return args.some((arg) => /^--?fuzz(?:=.|$)/.test(arg)) && (time === '' || minutesOf(time) > MAX_MINUTES)
}

/** Minutes of `90s`, `1h30m`; a bare number is of seconds. */
function minutesOf (time: string): number {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^(?:(\d{1,9})h)?(?:(\d{1,9})m(?:in)?)?(?:(\d{1,12})s?)?$/.exec(time) ?? []
  return Number(hours) * 60 + Number(minutes) + Number(seconds) / 60
}

// A server is asked by more at once, or for longer, than any measurement needs.
function isLongLoad ({ args }: Start): boolean {
  return isOver(args, /^(?:-[nr]|--(?:requests|amount|reps|iterations))(?==|$)/, MAX_REQUESTS) || isOver(args, /^(?:-c|-u|--(?:connections|concurrent|vus))(?==|$)/, 20 * MAX_JOBS) || minutesOf(valueOf(args, /^(?:-[dz]|--(?:duration|time))(?==|$)/)) > MAX_MINUTES
}

const SMALL: Readonly<Record<number, true>> = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [at + 1, true]))

/** Whether the words of a program, or what comes on its input, say that it works without an end that anybody waits for. */
export function isHugeWork (name: string, args: readonly string[], said: string | null, bounded: boolean): boolean {
  return WORK.get(name)?.({ args, said: said ?? '', bounded }) === true
}

function valueOf (args: readonly string[], option: RegExp): string {
  const at = args.findIndex((arg) => option.test(arg))
  const glued = (args[at] ?? '').replace(option, '').replace(/^=/, '')
  return at < 0 ? '' : glued === '' ? args[at + 1] ?? '' : glued
}

function isMany (number: string): boolean {
  return Number(number) >= MANY
}

function isWide (range: string): boolean {
  const [from = '', to = ''] = range.split('-')
  return Number(to) - Number(from) >= MANY
}

// Its numbers have no limit of size, and `scale` says how many digits of them are worked out.
function calculates ({ said }: Start): boolean {
  return /\bwhile\s*\(\s*[1-9]\d*\s*\)|\bfor\s*\([^;]{0,200};\s*;|\bscale\s*=\s*\d{6,}|(?<!\d)\d{6,} ?k\b|\[l(\w)x\]s\1/.test(said) || makesHugeValue(said.replaceAll('^', '**')) || /\d\s*\^\s*\d{8,}|\^\s*\d+\s*\^\s*\d{2,}/.test(said)
}

// Words of that language that make values for as long as somebody takes them.
function isHugeFilter (filter: string): boolean {
  if (/\bdef\s+(\w+)\s*:\s*(?:\.\s*,\s*)?\1\s*[;,|]/.test(filter)) return true
  if (/\b(?:range|limit)\s*\([^()]*?(?:\d{9,}|\d(?:\.\d+)?e\+?(?:9|\d\d))/i.test(filter)) return true
  return /\brepeat\s*\(|\b(?:while|until)\s*\(\s*(?:true|false)\s*;/.test(filter) && !/\b(?:limit|first|until|label|error)\b/.test(filter.replace(/\buntil\s*\(\s*(?:true|false)\s*;/g, ''))
}

const AWK_ALWAYS = /\bwhile\s*\(\s*(?:!\s*0|!\s*""|"[^"]+"|([\w.]+)\s*==\s*\1|[1-9]\d*\s*[<>=!]+\s*\d+)\s*\)/
const AWK_NUMBER = /\b(?:while|for)\s*\([^{}]{0,200}?[<>=]\s*(?:\d{10,}|\d(?:\.\d+)?e\+?\d{2,})/i

function isHugeAwk (program: string): boolean {
  return (AWK_ALWAYS.test(program) && !/\b(?:break|exit|next|getline)\b/.test(program)) || AWK_NUMBER.test(program) || /\bfunction\s+(\w+)\s*\([^()]*\)\s*\{\s*\1\s*\(/.test(program)
}

// Commands that neither read on nor end: with only them between, a label comes back for ever.
const STAYS = /^(?:s\W.*|y\W.*|[pPlgGhHx=]|:.*|)$/s
const GROWS = /^s\/([A-Za-z0-9_ -]+)\/([^/&\\]*)\/\w*$/

// Back to its label without a line read in between, or for as long as a replacement finds what it has just put in.
function turnsForever (script: string): boolean {
  const labels = new Map<string, number>()
  const commands = script.split(/[;\n]/).map((command) => command.trim())
  let moved = -1
  for (const [at, command] of commands.entries()) {
    const [, sign = '', label = ''] = /^([:bt]) *(\w+)$/.exec(command) ?? []
    const [, found, put] = GROWS.exec(commands[at - 1] ?? '') ?? []
    if (sign === ':') labels.set(label, at)
    else if (sign === 'b' && (labels.get(label) ?? -1) > moved) return true
    else if (sign === 't' && labels.has(label) && found !== undefined && put?.includes(found) === true) return true
    else if (sign === '' && !STAYS.test(command)) moved = at
  }
  return false
}

function recursesForever (query: string): boolean {
  return /\bwith\s+recursive\b/i.test(query) && !/\b(?:where|limit|join)\b/i.test(query)
}

function isHugePicture ({ args }: Start): boolean {
  return args.some((arg) => {
    const [, width, height] = /^(\d+)x(\d+)[!^<>]?$/.exec(arg) ?? []
    return Number(width) * Number(height) > MAX_PIXELS
  })
}

const ENDS = /^-(?:t|to|frames(?::\w)?|vframes|aframes|shortest|fs)$/
const MADE = /^(?:testsrc2?|color|smptebars|sine|anullsrc|aevalsrc|nullsrc|mandelbrot|life|cellauto|rgbtestsrc|anoisesrc)\b(?!.*(?:\bd|duration)=)/

function isLongFilm (args: readonly string[]): boolean {
  if (Number(args[args.indexOf('-t') + 1]) > MAX_SECONDS && args.includes('-t')) return true
  const unending = args.some((arg, at) => (/^-(?:stream_)?loop$/.test(arg) && (args[at + 1] === '-1' || args[at + 1] === '1')) || (args[at - 1] === '-i' && MADE.test(arg)))
  return unending && !args.some((arg) => ENDS.test(arg))
}

function startsMany ({ args }: Start): boolean {
  return args.some((arg, at) => /^(?:-j|--jobs=)\d{4,}$/.test(arg) || (/^(?:-j|--jobs)$/.test(arg) && /^\d{4,}$/.test(args[at + 1] ?? '')))
}
