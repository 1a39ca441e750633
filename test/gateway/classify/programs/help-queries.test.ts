import t from 'tap'
import { asksForHelp } from '../../../../gateway/classify/programs/help-queries.ts'
import { literal } from '../../../../gateway/classify/shell/facts.ts'

function asks (command: string): boolean {
  const [head = '', ...words] = command.split(' ')
  return asksForHelp(literal(head), words.map(literal))
}

await t.test('a version or a help text is all that is shown', async (t) => {
  for (const command of ['node --version', 'node -v', 'java -version', 'go version', 'frobnicate --help', 'git commit --help', 'cargo build --help', 'npm install --help', 'npm help install', 'npm run --help', 'terraform plan -help', 'go help build', 'helm version --short', 'kubectl version --client', 'docker -v', 'dlv version', 'docker compose up --help']) {
    t.equal(asks(command), true, command)
  }
})

await t.test('what does more than that is no such question', async (t) => {
  const more = ['node', 'node -v x', 'python3 -v', 'ruby -V x', 'frobnicate --version x', 'frobnicate -h', './frobnicate --help', '/usr/bin/frobnicate --help', 'npx evil --help', 'env evil --help', 'xargs evil --help', 'python3 evil --help', 'make deploy --help', 'rm x --help', 'npm exec evil --help', 'pnpm dlx evil --help', 'npm start --help x', 'yarn deploy --help', 'npm run deploy --help',
    'frobnicate ../x --help', 'frobnicate a b c d --help', 'frobnicate --config=x --help', 'frobnicate plan -help', 'git help commit', 'help version']
  for (const command of more) t.equal(asks(command), false, command)
})

await t.test('a word that is not known, or is a pattern, is no name of a subcommand', async (t) => {
  t.equal(asksForHelp(literal('git'), [{ text: '$X', known: false, glob: null }, literal('--help')]), false)
  t.equal(asksForHelp(literal('git'), [{ text: 'x*', known: true, glob: 'x*' }, literal('--help')]), false)
})
