import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import t from 'tap'
import { processIo } from '../../gateway/cli/io.ts'
import { weirProgram } from '../../gateway/cli/main.ts'
import { packageRoot } from '../../gateway/package-root.ts'

const PAGES = ['docs/writing-rules.md', 'docs/cookbook.md', 'docs/first-rule.md', 'examples/policies/README.md']

const page = (name: string): string => readFileSync(join(packageRoot(), name), 'utf8')

/** The command lines of a page: what stands behind `weir` in code, up to a pipe, a redirection or the end of it. */
function commandLines (text: string): string[] {
  return [...text.matchAll(/(?:^|[`(|] ?|npx )weir ([a-z][^`|>\n]*)/gm)].map(([, line]) => (line ?? '').trim())
}

function commandOf (program: Command, words: readonly string[]): Command {
  const next = program.commands.find((command) => command.name() === words[0])
  return next === undefined ? program : commandOf(next, words.slice(1))
}

await t.test('every command and option on the pages for rule authors exists', async (t) => {
  const program = await weirProgram(processIo())
  for (const name of PAGES) {
    const lines = commandLines(page(name))
    t.ok(lines.length > 0, `${name} shows commands`)
    for (const line of lines) {
      const words = line.split(' ')
      const command = commandOf(program, words)
      t.equal(command.commands.length, 0, `${name}: weir ${line}: is a whole command`)
      for (const option of words.filter((word) => word.startsWith('--'))) {
        t.ok(command.options.some(({ long }) => long === option), `${name}: weir ${line}: ${option}`)
      }
    }
  }
})

await t.test('the rule that the page asks is asked so in the example', async (t) => {
  t.match(page('docs/writing-rules.md'), page('examples/policies/acme/main/freeze.rego'))
})
