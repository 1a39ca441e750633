import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageRoot } from '../../gateway/package-root.ts'

interface RecipeFile { readonly path: string, readonly text: string, readonly merged: boolean }

/** One recipe of the cookbook: what it puts into the policy folder, what is asked, and what the page says the answer is. */
export interface Recipe {
  readonly title: string
  readonly files: readonly RecipeFile[]
  readonly question: string
  readonly answer: { readonly verdict: string, readonly rule: string }
  /** The answer without the recipe. */
  readonly before: { readonly verdict: string, readonly rule: string }
}

const ANSWER = /^Answer: `(\w+)` by `([\w.]+)`; without the recipe `(\w+)` by `([\w.]+)`\.$/m

/** The recipes of a page. Throws when one lacks a file, a question or an answer: a page that cannot be run is a broken page. */
export function recipesOf (page: string): readonly Recipe[] {
  return page.split(/^## (?=\d+\. )/m).slice(1).map((section) => {
    const title = section.split('\n', 1)[0] ?? ''
    const files = [...section.matchAll(/^(Merge into )?`(policies\/[^`]+)`\n\n```\w+\n([\s\S]*?)```/gm)]
      .map(([, merge, path, text]): RecipeFile => ({ path: path ?? '', text: text ?? '', merged: merge !== undefined }))
    const question = /^```json input\n([\s\S]*?)```/m.exec(section)?.[1]
    const [, verdict, rule, verdictBefore, ruleBefore] = ANSWER.exec(section) ?? []
    if (files.length === 0 || question === undefined || verdict === undefined || rule === undefined || verdictBefore === undefined || ruleBefore === undefined) {
      throw new Error(`the recipe "${title}" is not whole`)
    }
    return { title, files, question, answer: { verdict, rule }, before: { verdict: verdictBefore, rule: ruleBefore } }
  })
}

/** Puts a copy of the shipped policy into `dir`, and the recipes into the copy. Returns the policy folder. */
export function policiesWith (dir: string, recipes: readonly Recipe[]): string {
  cpSync(join(packageRoot(), 'policies'), join(dir, 'policies'), { recursive: true })
  for (const { path, text, merged } of recipes.flatMap(({ files }) => files)) {
    const file = join(dir, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, merged ? mergedInto(file, text) : text)
  }
  return join(dir, 'policies')
}

function mergedInto (file: string, patch: string): string {
  const old: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return JSON.stringify(merge(old, JSON.parse(patch)), null, 2)
}

// RFC 7396, as a reader who adds the members by hand would do it.
function merge (old: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(old) ? { ...old } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merge(result[name], value)
  }
  return result
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
