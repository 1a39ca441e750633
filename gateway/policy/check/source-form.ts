import { isTestFile, type PolicyFolder } from '../policy-folder.ts'
import type { Opa } from '../opa-binary.ts'
import { walkSyntax, type SyntaxModule, type SyntaxNode } from '../syntax/syntax-tree.ts'
import { rejected, type Finding } from './finding.ts'

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

/** Warns of files that `opa fmt` would change. */
export async function unformatted (opa: Opa, snapshot: string): Promise<readonly Finding[]> {
  // Files that do not parse make it fail as a whole; the check says so with their place.
  const { stdout } = await opa.run(['fmt', '--list', '.'], snapshot)
  return stdout.split('\n').map((name) => name.trim().replace(/^\.\//, '')).filter((name) => name.endsWith('.rego')).map((file) => ({
    severity: 'warning',
    code: 'unformatted',
    file,
    row: 1,
    col: 1,
    message: `The ${isTestFile(file) ? 'tests are' : 'file is'} not formatted.`,
    hint: `Run \`opa fmt -w ${file}\`.`,
  }))
}
