import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../gateway/package-root.ts'

/** One measured value. `goal` is a bound in the same unit, or null; `met` is null without a goal. */
export interface Figure { readonly value: number, readonly unit: string, readonly goal: string | null, readonly met: boolean | null }

/** One value over another of the same run. */
export interface Ratio { readonly value: number, readonly goal: string | null, readonly met: boolean | null }

export interface SuiteResult {
  readonly figures: Readonly<Record<string, Figure>>
  readonly ratios: Readonly<Record<string, Ratio>>
}

export interface SuiteOptions { readonly quick: boolean, say (text: string): void }

export type Suite = (options: SuiteOptions) => Promise<SuiteResult>

export function atLeast (value: number, unit: string, bound: number): Figure {
  return { value: round(value), unit, goal: `at least ${bound} ${unit}`, met: value >= bound }
}

export function atMost (value: number, unit: string, bound: number): Figure {
  return { value: round(value), unit, goal: `at most ${bound} ${unit}`, met: value <= bound }
}

export function plain (value: number, unit: string): Figure {
  return { value: round(value), unit, goal: null, met: null }
}

export function ratioAtLeast (value: number, bound: number): Ratio {
  return { value: round(value), goal: `at least ${bound}`, met: value >= bound }
}

export function ratioAtMost (value: number, bound: number): Ratio {
  return { value: round(value), goal: `at most ${bound}`, met: value <= bound }
}

export function ratio (value: number): Ratio {
  return { value: round(value), goal: null, met: null }
}

export function median (values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The value that this share of them does not exceed. */
export function percentile (values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

/** Writes `bench/results/SUITE.json` with what a reader needs to judge it. */
export function writeResult (suite: string, result: SuiteResult, quick: boolean): string {
  const folder = join(packageRoot(), 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${suite}.json`)
  const cpu = cpus()
  writeFileSync(file, `${JSON.stringify({
    suite,
    commit: commitOf(),
    node: process.version,
    cpu: `${cpu.length} × ${cpu[0]?.model ?? 'unknown'}`,
    quick,
    ...result,
  }, null, 2)}\n`)
  return file
}

function commitOf (): string {
  try {
    return execFileSync('git', ['-C', packageRoot(), 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
    return `release ${manifest.version}` // measured from an installed package, not a checkout
  }
}

function round (value: number): number {
  return Number(value.toPrecision(4))
}
