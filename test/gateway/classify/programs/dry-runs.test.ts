import t from 'tap'
import { dryRun } from '../../../../gateway/classify/programs/dry-runs.ts'
import { REGISTRY_LOOKUP } from '../../../../gateway/classify/programs/local-questions.ts'

function isDry (command: string): boolean {
  const [program = '', ...words] = command.split(' ')
  return dryRun(program, words) !== null
}

await t.test('what only shows what it would do is a look-up', async (t) => {
  t.strictSame(dryRun('npm', ['publish', '--dry-run'])?.map(({ text }) => text), [REGISTRY_LOOKUP, 'npm', 'publish', '--dry-run'])
  for (const command of ['npm install --dry-run', 'npm install left-pad@1.3.0 --save-dev --dry-run', 'npm pack --dry-run --json', 'npm audit fix --dry-run', 'pnpm dedupe --check', 'yarn dedupe --check', 'cargo publish --dry-run --allow-dirty', 'cargo package --list', 'go mod tidy -diff', 'poetry lock --check', 'uv lock --check', 'pip install --dry-run -r requirements.txt', 'composer update --dry-run', 'bundle outdated', 'dotnet list package --outdated', 'mix hex.audit', 'twine check dist/a.whl', 'goreleaser build --snapshot --clean', 'wrangler deploy --dry-run', 'lerna changed', 'changeset status', 'kubectl kustomize overlays/dev']) {
    t.equal(isDry(command), true, command)
  }
})

await t.test('what does it, or may, is none', async (t) => {
  const doing = ['npm install', 'npm install left-pad', 'npm publish', 'npm run deploy --dry-run', 'npm install --dry-run --dry-run=false', 'npm install --dry-run --no-dry-run', 'npm install --dry-run --registry=http://x.test', 'npm install ../x --dry-run', 'npm install https://x.test/a.tgz --dry-run', 'npm install /etc --dry-run', 'npm install ~/x --dry-run',
    'cargo publish', 'cargo fix', 'go mod tidy', 'pip install --dry-run evil', 'pip install --dry-run -r /tmp/requirements.txt', 'pip install --dry-run -r requirements/../../x.txt', 'poetry lock', 'uv sync', 'composer update', 'goreleaser release', 'goreleaser release --clean', 'wrangler deploy', 'lerna version', 'kubectl kustomize /etc', 'vercel deploy', 'frobnicate --dry-run', 'constructor --dry-run', '__proto__ --dry-run']
  for (const command of doing) t.equal(isDry(command), false, command)
})
