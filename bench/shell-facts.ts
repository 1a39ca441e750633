// Question: how long does it take to find what a one-line command would do? Unit: µs per command, from text to facts, for the
// commands of a working day. Baseline of the same run: none; the slowest command is named beside the median.
import { loadShellParser } from '../gateway/classify/shell/parser.ts'
import { atMost, median, percentile, plain, type Suite } from './figures.ts'

const GOAL_US = 150
const WARM_UP = 500

const COMMANDS = [
  'ls',
  'git status',
  'npm test',
  'npm run lint -- --fix src',
  'cat src/cart.ts | head -50',
  'rg -n "total" src test | wc -l',
  'git diff --stat HEAD~1 && git log --oneline -5',
  'cd src && grep -rn TODO . | sort | uniq -c',
  'for file in src/*.ts; do wc -l "$file"; done',
  'NODE_ENV=test node --test test/cart.test.js > out.log 2>&1',
  'find src -name "*.ts" -newer package.json -exec wc -l {} +',
  'sed -i "s/total/sum/" src/cart.ts && git add src/cart.ts && git commit -m "rename total"',
] as const

export const shellFacts: Suite = async ({ quick, say }) => {
  const parse = await loadShellParser()
  const times = new Map<string, number[]>(COMMANDS.map((command) => [command, []]))
  for (let i = 0; i < WARM_UP; i += 1) for (const command of COMMANDS) parse(command, '/workspace')
  for (let i = 0; i < (quick ? 300 : 3_000); i += 1) {
    for (const command of COMMANDS) {
      const startedAt = performance.now()
      parse(command, '/workspace')
      times.get(command)?.push((performance.now() - startedAt) * 1_000)
    }
  }
  const all = [...times.values()].flat()
  const medians = [...times].map(([command, values]) => ({ command, value: median(values) })).toSorted((a, b) => b.value - a.value)
  for (const { command, value } of medians) say(`  ${Math.round(value)} µs  ${command}`)
  return {
    figures: {
      'median of all': atMost(median(all), 'µs', GOAL_US),
      'p99 of all': plain(percentile(all, 0.99), 'µs'),
      'median of the slowest': plain(medians[0]?.value ?? Number.NaN, 'µs'),
    },
    ratios: {},
  }
}
