import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOST_RULES, type HostRule } from '../core/decision.ts'
import { packageRoot } from '../package-root.ts'
import { buildBundle } from '../policy/build.ts'
import { findOpa } from '../policy/opa-binary.ts'
import { isTestFile, readPolicyFolder } from '../policy/policy-folder.ts'
import type { RuleText } from '../policy/rule-texts.ts'

const HEADER = /^# METADATA\n# title: (.+)\n# description: (.+)\npackage ([\w.]+)$/m
const DATA = /\bdata\.weir\.data\.([a-z_]+(?:\.[a-z_]+)?)/g
const LIBRARY = /^import data\.weir\.lib\.(\w+)$/gm

const HOST_TEXTS: Readonly<Record<HostRule, string>> = {
  'weir.unreadable_call': 'The call could not be read: unknown arguments, broken JSON, a name no provider could have sent.',
  'weir.policy_undefined': 'The rules gave no answer.',
  'weir.policy_error': 'The rules failed while deciding.',
  'weir.policy_timeout': 'The rules took too long.',
  'weir.policy_malformed_answer': 'The rules gave an answer of the wrong shape.',
  'weir.input_rejected': 'The question is too large, too deep or not well-formed Unicode.',
  'weir.classification_failed': 'What the call touches could not be determined.',
  'weir.obligation_unknown': 'The rules oblige to something that the gateway does not know, or that this kind of question has no place for.',
  'weir.obligation_unfulfilled': 'The rules allow it only changed, and it can not be changed here, or would not be allowed when it is.',
}

/** The page of the rules that come with Weir, as `docs/rules.md` holds it. @throws GatewayError WEIR_ERR_POLICY_BUILD, WEIR_ERR_OPA_MISSING */
export async function shippedRulesPage (env: NodeJS.ProcessEnv): Promise<string> {
  const dir = join(packageRoot(), 'policies')
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-rules-page-'))
  try {
    const { rules } = await buildBundle({ dir, opa: await findOpa(env), cacheDir })
    return rulesPage((await readPolicyFolder(dir)).files, rules)
  } finally {
    await rm(cacheDir, { recursive: true, force: true })
  }
}

/** The reference page of a policy folder: its packages with their rules, from the METADATA beside the rules. */
export function rulesPage (files: ReadonlyMap<string, string>, rules: readonly RuleText[]): string {
  const paths = [...new Set(rules.map(({ file }) => file))].sort()
  const packages = paths.map((path) => packagePart(path, files, rules.filter(({ file }) => file === path)))
  return `# Rules

Generated from the METADATA beside the rules by \`npm run docs\`. A decision names its rule, and carries its title, description and
remedy into the ledger and into what the model is told. Any deny denies; else anything pending waits for a second person; else at
least one allow allows; else \`weir.default_deny\` denies. The data are below \`weir/data\` in the policy folder and are described in
\`policies/data.schema.json\`.

${packages.join('\n')}
## Refusals of the host

What cannot be put to the rules, or answered by them, is denied with one of these.

| Rule | When |
| --- | --- |
${Object.values(HOST_RULES).map((id) => `| \`${id}\` | ${HOST_TEXTS[id]} |`).join('\n')}
`
}

function packagePart (path: string, files: ReadonlyMap<string, string>, rules: readonly RuleText[]): string {
  const source = files.get(path) ?? ''
  const [, title = path, description = '', name = ''] = HEADER.exec(source) ?? []
  const data = dataReadBy(source, files)
  return `## ${title}

\`${name}\` (\`${path}\`). ${description}
${data.length === 0 ? '' : `\nData: ${data.map((section) => `\`${section}\``).join(', ')}.\n`}
| Rule | Verdict | Title | When | What to do |
| --- | --- | --- | --- | --- |
${rules.map((rule) => `| \`${rule.id}\` | ${rule.verdict} | ${cell(rule.title)} | ${cell(rule.description)} | ${cell(rule.solution)} |`).join('\n')}
`
}

/** The sections of the data that a package names, itself or in the libraries it imports. */
function dataReadBy (source: string, files: ReadonlyMap<string, string>): readonly string[] {
  const libraries = [...source.matchAll(LIBRARY)].map(([, name]) => `/lib/${name}/`)
  const sources = [source, ...[...files].filter(([path]) => !isTestFile(path) && libraries.some((folder) => path.includes(folder))).map(([, text]) => text)]
  const found = sources.flatMap((text) => [...text.matchAll(DATA)].map(([, section]) => section ?? ''))
  return [...new Set(found)].sort()
}

function cell (text: string): string {
  return text.replaceAll('|', '\\|')
}
