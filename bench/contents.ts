// Question: how long does the reading of a written text for signs of harm keep the gateway? Unit: ms of processor time of one thread, in which
// nobody else is answered. Everyday: each source of the gateway, as one write. Hostile: 32 KB of one word, for each word that the expressions
// of the readers name, where an expression that goes over a text again from each of its places shows. No baseline: the everyday median is the scale.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentFacts } from '../gateway/classify/contents/content-facts.ts'
import { packageRoot } from '../gateway/package-root.ts'
import { atMost, median, percentile, plain, type Suite } from './figures.ts'

const HOSTILE_CHARS = 32_768
const GOAL_MS = 250
const SLOWEST = 50 // of the hostile texts, measured again
const READERS = join('gateway', 'classify', 'contents')
// One of each way to read: code, a script of a shell, data, settings, a build, a page of a notebook.
const PATHS = ['src/a.ts', 'tests/conftest.py', 'scripts/a.sh', 'a.yaml', 'pytest.ini', 'CMakeLists.txt', 'a.ipynb', 'a.ps1']
const ENDS = ['', '("']

export const contents: Suite = ({ quick, say }) => {
  const sources = filesBelow(join(packageRoot(), 'gateway')).map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  const rounds = Array.from({ length: quick ? 2 : 7 }, () => sources.map(({ text }) => millis('src/a.ts', text)))
  const everyday = sources.map((_, at) => median(rounds.map((round) => round[at] ?? Number.NaN)))
  const words = [...new Set(filesBelow(join(packageRoot(), READERS)).flatMap((path) => wordsOf(readFileSync(path, 'utf8'))))]
  const seeds = words.flatMap((word) => ENDS.map((end) => `${word}${end}`)).filter((_, at) => !quick || at % 50 === 0)
  say(`  ${sources.length} sources, ${seeds.length} hostile texts of ${HOSTILE_CHARS} characters, each in ${PATHS.length} files`)
  const hostile = PATHS.flatMap((path) => seeds.map((seed) => ({ path, seed, value: millis(path, repeated(seed)) })))
  // Once each, of so many, tells which; how slow they are, only several times.
  const slowest = hostile.toSorted((a, b) => b.value - a.value).slice(0, SLOWEST).map((text) => ({ ...text, value: median(Array.from({ length: 5 }, () => millis(text.path, repeated(text.seed)))) })).toSorted((a, b) => b.value - a.value)
  for (const { path, seed, value } of slowest.slice(0, 12)) say(`  ${Math.round(value)} ms  ${path} ${JSON.stringify(seed)}`)
  return Promise.resolve({
    figures: {
      'a source of the gateway, median': plain(median(everyday), 'ms'),
      'a source of the gateway, slowest': plain(Math.max(...everyday), 'ms'),
      'hostile text of 32 KB, median': plain(median(hostile.map(({ value }) => value)), 'ms'),
      'hostile text of 32 KB, p99': plain(percentile(hostile.map(({ value }) => value), 0.99), 'ms'),
      'hostile text of 32 KB, slowest': atMost(slowest[0]?.value ?? Number.NaN, 'ms', GOAL_MS),
    },
    ratios: {},
  })
}

function repeated (seed: string): string {
  return seed.repeat(Math.ceil(HOSTILE_CHARS / seed.length))
}

function millis (path: string, text: string): number {
  const startedAt = performance.now()
  contentFacts([{ path, text, before: '' }], () => null)
  return performance.now() - startedAt
}

function filesBelow (folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.includes('node_modules')).sort().map((name) => join(folder, name))
}

// What stands in an expression in plain letters: its groups, classes and counts left out, its escapes taken back.
function wordsOf (source: string): string[] {
  return source.split('\n').filter((line) => /\/.*\/|String\.raw|'.*\|/.test(line)).flatMap((line) => line
    .replace(/\\[bB]/g, '|').replace(/\\s[*+?]?(?:\{\d*,?\d*\})?/g, ' ').replace(/\\n/g, '\n')
    .replace(/\\([./()[\]{}$*+?|-])/g, (_, mark: string) => KEPT.has(mark) ? String.fromCharCode(0xe000 + mark.charCodeAt(0)) : mark)
    .replace(/\(\?[:=!<]*|[()|?*+^]|\[[^\]]*\]|\{[\d,]*\}/g, '\u0000')
    .split('\u0000')
    .map((word) => word.replace(/[\ue000-\ue07f]/g, (mark) => String.fromCharCode(mark.charCodeAt(0) - 0xe000))))
    .filter((word) => word.length > 2 && word.length < 40)
}

const KEPT: ReadonlySet<string> = new Set('()[]{}|$*+?^')
