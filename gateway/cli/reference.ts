import type { Command } from 'commander'
import { ConfigSchema } from '../config-schema.ts'
import { ERRORS } from '../core/errors.ts'
import { entryJsonSchema } from '../entry-schema.ts'
import { hookEventJsonSchema } from '../hooks/event-schema.ts'
import { protocolJsonSchema } from '../planes/tool/protocol/answers.ts'
import { exportJsonSchema } from '../transparency/export-schema.ts'
import { observabilityPage } from './observability-page.ts'
import { policyInputPage } from './policy-reference.ts'

/** The files of `docs/` that are made from the code, by name. */
export function referencePages (program: Command): Readonly<Record<string, string>> {
  return { 'errors.md': errorsPage(), 'cli.md': cliPage(program), 'configuration.md': configPage(), 'policy-input.md': policyInputPage(), 'observability.md': observabilityPage(), 'hook-event.schema.json': hookEventJsonSchema(), 'tool-protocol.schema.json': protocolJsonSchema(), 'ledger-entry.schema.json': entryJsonSchema(), 'ledger-export.schema.json': exportJsonSchema() }
}

function errorsPage (): string {
  const rows = Object.entries(ERRORS).map(([code, { status, text }]) => `| \`${code}\` | ${status} | ${text} |`)
  return `# Errors

Generated from \`gateway/core/errors.ts\` by \`npm run docs\`. Every error answer is
\`{ "error": { "code", "message", "rule"?, "decision"? } }\`; the cause is in the gateway's log only.

| Code | Status | Meaning |
| --- | ---: | --- |
${rows.join('\n')}
`
}

function cliPage (program: Command): string {
  return `# Commands

Generated from the program's own help by \`npm run docs\`. Exit codes: 0 ok, 1 refused or failed, 2 bad usage.

${leaves(program, 'weir').map(([name, command]) => `## ${name}\n\n\`\`\`\n${command.helpInformation().trim()}\n\`\`\`\n`).join('\n')}`
}

function leaves (command: Command, name: string): Array<[string, Command]> {
  const children = command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`))
  return [[name, command], ...children]
}

interface SchemaNode { readonly description?: string, readonly properties?: Record<string, SchemaNode>, readonly patternProperties?: Record<string, SchemaNode>, readonly anyOf?: readonly SchemaNode[] }

function configPage (): string {
  return `# Configuration

Generated from the schema of \`weir.yaml\` (\`weir.schema.json\`) by \`npm run docs\`. Every key is optional; no file at all is a working
set-up; an unknown key is an error that names it. Secrets come by environment, file or vault only.

| Key | Meaning |
| --- | --- |
${keys(ConfigSchema as SchemaNode, '').map(([key, description]) => `| \`${key}\` | ${description} |`).join('\n')}

Environment variables win over the file, the command line over both: \`WEIR_CONFIG\`, \`WEIR_HOST\`, \`WEIR_PORT\`, \`WEIR_DATA_DIR\`,
\`WEIR_POLICIES\`, \`WEIR_AGENT\`, \`WEIR_DATABASE_URL\`, \`WEIR_REDIS_URL\`, \`WEIR_REDIS_CA\`, \`WEIR_MASTER_KEY\` (32 bytes, base64 or hex; else a key file in
the data directory), \`WEIR_MASTER_KEY_NEXT\` ([keys.md](keys.md)), \`WEIR_LOG_LEVEL\`, \`OPA_BIN\`.
`
}

function keys (node: SchemaNode, prefix: string): Array<[string, string]> {
  const members = [
    ...Object.entries(node.properties ?? {}),
    ...Object.values(node.patternProperties ?? {}).map((child): [string, SchemaNode] => ['NAME', child]),
    ...(node.anyOf ?? []).flatMap((form) => Object.entries(form.properties ?? {})),
  ]
  return members.flatMap(([name, child]): Array<[string, string]> => {
    const key = prefix === '' ? name : `${prefix}.${name}`
    const own: Array<[string, string]> = child.description === undefined ? [] : [[key, child.description]]
    return [...own, ...keys(child, key)]
  })
}
