import { isTestFile, type PolicyFolder } from '../policy-folder.ts'
import type { Opa } from '../opa-binary.ts'
import { walkSyntax, type SyntaxModule, type SyntaxNode } from '../syntax/syntax-tree.ts'
import { doubted, rejected, type Finding } from './finding.ts'
import { changesMeaning } from './formatted-meaning.ts'

const REGO_V1 = /^import\s+rego\.v1\s*(#.*)?$/m
// OPA prints these as Go does (\x00, \a, \v) when it builds a bundle, and then cannot read its own output.
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0007\u000b\u000e-\u001f\u007f]/

/** Files that do not say which Rego they are written in. */
export function withoutRegoV1 (folder: PolicyFolder): readonly Finding[] {
  return [...folder.files].filter(([file, text]) => file.endsWith('.rego') && !REGO_V1.test(text)).map(([file, text]) => {
    const row = 1 + text.split(/\r?\n/).findIndex((line) => line.startsWith('package '))
    return rejected('no-rego-v1', { file, row: Math.max(1, row), col: 1 }, 'The file does not import rego.v1, so it means something else to an older OPA.',
      'Write `import rego.v1` below the package line.')
  })
}

/** Strings with a control character: the bundle built from them could not be opened, inspected or verified by OPA. */
export function controlCharacters (modules: readonly SyntaxModule[]): readonly Finding[] {
  return modules.flatMap(({ file, rules }) => rules.flatMap((rule) => {
    const found: SyntaxNode[] = []
    walkSyntax(rule.tree, (node) => {
      if (node.type === 'string' && typeof node.value === 'string' && UNPRINTABLE.test(node.value)) found.push(node)
      return true
    })
    return found.map(({ location }) => rejected('control-character', { file, row: location?.row ?? rule.place.row, col: location?.col ?? 1 },
      'The string holds a control character, which makes the built bundle unreadable for OPA.', 'Have the host look for control characters: compare a fact of the input.'))
  }))
}

/** Warns of files that `opa fmt` would change, and rejects those of which it would change the meaning. */
export async function unformatted (opa: Opa, snapshot: string): Promise<readonly Finding[]> {
  // Files that do not parse make it fail as a whole; the check says so with their place.
  const { stdout } = await opa.run(['fmt', '--list', '.'], snapshot)
  const files = stdout.split('\n').map((name) => name.trim().replace(/^\.\//, '')).filter((name) => name.endsWith('.rego'))
  const findings: Finding[] = []
  for (const file of files) findings.push(await changesMeaning(opa, snapshot, file) ? misformatted(file) : notFormatted(file))
  return findings
}

function misformatted (file: string): Finding {
  return rejected('misformatted', { file, row: 1, col: 1 }, 'Formatting the file changes what it means: `opa fmt` drops parentheses that it needs.',
    'Write comparisons of comparisons as rules or variables of their own: `same := b == c`, then `a == same`.')
}

function notFormatted (file: string): Finding {
  return doubted('unformatted', { file, row: 1, col: 1 }, `The ${isTestFile(file) ? 'tests are' : 'file is'} not formatted.`, `Run \`opa fmt -w ${file}\`.`)
}
