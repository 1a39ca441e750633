// `npm run bench -- [SUITE] [--quick]`: measures, writes bench/results/SUITE.json and docs/benchmarks.md.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../gateway/package-root.ts'
import { writeResult, type Figure, type Ratio, type Suite } from './figures.ts'
import { SUITES } from './suites.ts'

interface Written { readonly suite: string, readonly commit: string, readonly node: string, readonly cpu: string, readonly quick: boolean, readonly figures: Record<string, Figure>, readonly ratios: Record<string, Ratio> }

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const named = args.filter((arg) => !arg.startsWith('--'))
const unknown = named.find((name) => !(name in SUITES))
if (unknown !== undefined) {
  say(`There is no suite "${unknown}"; there are: ${Object.keys(SUITES).join(', ')}.`)
  process.exitCode = 2
} else {
  for (const [name, suite] of Object.entries(SUITES) as Array<[string, Suite]>) {
    if (named.length > 0 && !named.includes(name)) continue
    say(`${name}:`)
    const result = await suite({ quick, say })
    say(`  written to ${writeResult(name, result, quick)}`)
  }
  writeFileSync(join(packageRoot(), 'docs', 'benchmarks.md'), page(results()))
}

function results (): Written[] {
  const folder = join(packageRoot(), 'bench', 'results')
  return readdirSync(folder).filter((file) => file.endsWith('.json')).sort().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Written)
}

function page (all: readonly Written[]): string {
  const sections = all.map((result) => `## ${result.suite}

Commit \`${result.commit}\`, Node ${result.node}, ${result.cpu}${result.quick ? ', quick run' : ''}.

| Figure | Value | Goal | Met |
| --- | ---: | --- | --- |
${[...Object.entries(result.ratios), ...Object.entries(result.figures)].map(([name, figure]) => row(name, figure)).join('\n')}
`)
  return `# Benchmarks

Generated from \`bench/results/*.json\` by \`npm run bench\`. Every row of a suite was measured in one run, side by side; values are
medians of several rounds. Ratios travel between machines, absolute figures do not.

${sections.join('\n')}`
}

function row (name: string, figure: Figure | Ratio): string {
  const unit = 'unit' in figure ? ` ${figure.unit}` : ''
  return `| ${name} | ${figure.value}${unit} | ${figure.goal ?? ''} | ${figure.met === null ? '' : figure.met ? 'yes' : '**no**'} |`
}

function say (text: string): void {
  process.stderr.write(`${text}\n`)
}
