import t from 'tap'
import { decodeAcpCall } from '../../../adapters/acp/decode.ts'
import { decodeAgentCall } from '../../../adapters/agents/decode.ts'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import { decodeWeirCall } from '../../../adapters/weir/decode.ts'
import { createClassify } from '../../../gateway/classify/classify.ts'
import { loadShellParser } from '../../../gateway/classify/shell/parser.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { ContentFacts, DecodedCall } from '../../../gateway/core/tool-call.ts'
import { data } from './sample-data.ts'

const context: Context = { plane: 'api', actor: { id: 'a', role: 'author', groups: [], org: 'o' }, app: 'shop', environment: 'DEV', session: null }
const classify = createClassify({ data: () => data, shell: await loadShellParser(), testCommand: () => null, readlink: () => null })
const READS = "print(open('.env').read())"

function found (call: DecodedCall): ContentFacts | null | undefined {
  return call.readable ? classify(call, context).content : undefined
}

await t.test('every way to write a text hands it over, and keeps it from rules and the ledger', async (t) => {
  const calls: Readonly<Record<string, DecodedCall>> = {
    write: decodeOpencodeCall('write', { filePath: 'a.py', content: READS }, '/workspace'),
    edit: decodeOpencodeCall('edit', { filePath: 'a.py', oldString: 'x', newString: READS }, '/workspace'),
    multiedit: decodeOpencodeCall('multiedit', { filePath: 'a.py', edits: [{ oldString: 'x', newString: 'y' }, { oldString: 'z', newString: READS }] }, '/workspace'),
    'added by a patch': decodeOpencodeCall('apply_patch', { patchText: `*** Begin Patch\n*** Add File: a.py\n+${READS}\n*** End Patch` }, '/workspace'),
    'moved by a patch': decodeOpencodeCall('apply_patch', { patchText: `*** Begin Patch\n*** Update File: docs/a.md\n*** Move to: a.py\n@@\n-x\n+${READS}\n*** End Patch` }, '/workspace'),
    'in a batch': decodeOpencodeCall('batch', { tool_calls: [{ tool: 'read', parameters: { filePath: 'b.py' } }, { tool: 'write', parameters: { filePath: 'a.py', content: READS } }] }, '/workspace'),
    'of another agent': decodeAgentCall('multiedit', { filePath: 'a.py', edits: [{ old_string: 'x', new_string: READS }] }, '/workspace'),
    'of an editor': decodeAgentCall('str_replace_based_edit_tool', { command: 'create', path: 'a.py', file_text: READS }, '/workspace'),
    'to a file that an edit names itself': decodeOpencodeCall('multiedit', { filePath: 'README.md', edits: [{ filePath: 'a.py', oldString: 'x', newString: READS }] }, '/workspace'),
    'to a program among documents': decodeOpencodeCall('write', { filePath: 'docs/conf.py', content: READS }, '/workspace'),
    'to the second file of a request over ACP': decodeAcpCall('session/request_permission', { toolCall: { kind: 'edit', locations: [{ path: 'README.md' }, { path: 'a.py' }], rawInput: { newString: READS } } }, '/workspace'),
    'of Weir': decodeWeirCall('write-file', { path: 'a.py', content: READS }, '/workspace'),
    'over ACP': decodeAcpCall('fs/write_text_file', { path: 'a.py', content: READS }, '/workspace'),
    'asked over ACP': decodeAcpCall('session/request_permission', { toolCall: { kind: 'edit', content: [{ type: 'diff', path: 'a.py', oldText: 'x', newText: READS }] } }, '/workspace'),
  }
  for (const [name, call] of Object.entries(calls)) {
    t.strictSame(found(call), { signs: ['reads-secret'], secrets: ['.env'] }, name)
    t.notMatch(JSON.stringify(call.readable ? [call.args, call.targets] : call), 'print', `${name}: no argument holds it`)
  }
})

await t.test('what stood there before is no sign, unless something is added to it', async (t) => {
  const edit = (oldString: string, newString: string): ContentFacts | null | undefined => found(decodeOpencodeCall('edit', { filePath: 'a.py', oldString, newString }, '/workspace'))
  t.equal(edit(READS, `${READS}\nx = 1`), null)
  t.strictSame(edit(READS, `${READS}\nopen('.env.local').read()`), { signs: ['reads-secret'], secrets: ['.env.local'] })
  t.equal(found(decodeOpencodeCall('apply_patch', { patchText: `*** Begin Patch\n*** Update File: a.py\n@@\n-${READS}\n+x = 1\n*** End Patch` }, '/workspace')), null)
})

await t.test('a text that starts more than anybody writes is not looked through, and says so', async (t) => {
  t.match(found(decodeOpencodeCall('write', { filePath: 'a.py', content: "open('a')\n".repeat(5_000) + READS }, '/workspace')), { signs: ['unread'] })
  t.equal(found(decodeOpencodeCall('write', { filePath: 'a.py', content: "open('a')\n".repeat(2_000) }, '/workspace')), null)
  const long = 'x = 1\n'.repeat(50_000)
  t.equal(found(decodeOpencodeCall('write', { filePath: 'a.py', content: long }, '/workspace')), null)
  t.equal(found(decodeOpencodeCall('write', { filePath: 'a.csv', content: long.repeat(2) }, '/workspace')), null, 'nobody runs it')
  const unread = { signs: ['unread'], secrets: [] }
  t.strictSame(found(decodeOpencodeCall('write', { filePath: 'a.py', content: long.repeat(2) }, '/workspace')), unread)
  t.strictSame(found(decodeOpencodeCall('edit', { filePath: 'a.py', oldString: long.repeat(2), newString: `${long.repeat(2)}${READS}` }, '/workspace')), unread, 'as much as stood there before')
  const patch = ['a', 'b', 'c'].map((name) => `*** Add File: ${name}.py\n+${long.replaceAll('\n', '\n+')}`).join('\n')
  t.strictSame(found(decodeOpencodeCall('apply_patch', { patchText: `*** Begin Patch\n${patch}\n*** End Patch` }, '/workspace')), unread, 'in many files')
})

await t.test('no text takes longer than its length', async (t) => {
  for (const text of ['sock'.repeat(100_000), 'mock'.repeat(100_000), '.git/hooks/'.repeat(40_000), 'ssh x'.repeat(80_000), 'open('.repeat(50_000), `open(${'"a",'.repeat(50_000)}`, "x = '".repeat(100_000), `curl ${'a.b '.repeat(50_000)}`, `${'a'.repeat(500_000)}.read_text()`, 'eval('.repeat(50_000), 'export $('.repeat(50_000), 'rm -r '.repeat(50_000), 'base64 -d '.repeat(50_000), 'exec("'.repeat(50_000), '\\\n'.repeat(250_000), '\n'.repeat(500_000), `command: ${'\\"'.repeat(200_000)}`, `x = atob(y); ${'(a='.repeat(100_000)}`, `kind: Pod\n${'hostPath: '.repeat(50_000)}`, "fetch('https://a.b') ".repeat(20_000), 'while true; do '.repeat(30_000), "'a' + ".repeat(60_000), `[${"'a', ".repeat(60_000)}`, '99, '.repeat(100_000), '\\x63'.repeat(100_000), 'for (;;) {'.repeat(50_000), 'kubectl -a b -c d '.repeat(25_000), 'kind: ClusterRoleBinding\n'.repeat(20_000), '- get_url: url: https://a.b/\n'.repeat(16_000), 'a=b; $a '.repeat(50_000), ' '.repeat(500_000), 'requests.post("https://a.b/" + x) '.repeat(15_000), '<exec '.repeat(80_000), 'x = URI.open("https://a.b")\n'.repeat(18_000), 'pg_tables '.repeat(50_000), 'eval(x) https://a.b.c '.repeat(20_000), "run('/tmp/a') https://a.b ".repeat(18_000), 'git clone https://a.b/c d '.repeat(20_000)]) {
    for (const filePath of ['a.py', 'src/a.ts', 'a.sh', 'Makefile', 'docker-compose.yml', 'k8s/a.yaml', 'a.ps1', 'a.sql', 'tsconfig.json', 'main.tf', 'a.xml']) t.not(found(decodeOpencodeCall('write', { filePath, content: text }, '/workspace')), undefined)
  }
})
