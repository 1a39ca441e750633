import { isNegated, SPEAKS } from '../order-words.ts'

const MAX_COMMANDS = 32 // of one sentence

// Commands that stand in a sentence without any mark. Each has a word behind its name that no sentence goes on with.
const OPTION = String.raw`(?:-{1,2}\w)`
const PLACE = String.raw`(?:[~/.$]|[\w-]+[./@:])`
const COMMAND = [
  String.raw`(?:npm|pnpm|yarn|bun) (?:install|i|ci|add|publish|unpublish|update|upgrade|remove|uninstall|rebuild|link|prune|dist-tag|deprecate|version|login|token|config set|audit fix)`,
  String.raw`(?:npm|pnpm|yarn|bun) (?:exec|dlx|create|init) \S`,
  String.raw`(?:pip3?|pipx) install|(?:poetry|uv|pdm|hatch|pixi) (?:add|lock|sync|update|install|publish)|cargo (?:add|install|publish|update|yank|login)|go (?:get|install) \S|go mod tidy|gem (?:install|push)|bundle (?:add|update|install)|composer (?:require|update|install)|mix deps\.\w+|dotnet (?:add|nuget|tool install)|brew install|apk add|(?:apt|apt-get|dnf|yum|zypper|pacman)(?: -\S+)* (?:install|remove|update|upgrade|-S)|conda install|twine upload|mvn (?:\S+ )?deploy|gradlew? publish`,
  String.raw`git (?:-\S+ )?(?:push|reset (?:--hard|HEAD|origin)|clean -|filter-(?:branch|repo)|update-ref|remote (?:add|set-url)|config (?:--\w+ )?\w+\.|reflog (?:expire|delete)|stash (?:drop|clear)|branch -D|checkout (?:-f|-- ?\.)|commit .{0,40}--(?:no-verify|author|amend)|gc --prune|rebase --root|hash-object|credential|replace|worktree add \S*/tmp)`,
  String.raw`rm -\w|find \S+ .{0,80}-(?:delete|exec)|kill -\w|(?:killall|pkill) ${OPTION}|(?:killall|pkill) (?:weir|opencode|gateway|node|opa)|shred \S|dd (?:if|of|bs)=|mkfs(?:\.\w+)? |truncate -s|chmod (?:${OPTION}|[0-7]{3,4}|[ugoa]*\+)|chown ${OPTION}|chown \w+:\w*|ln -s`,
  String.raw`ssh (?:${OPTION}|\w[\w.-]*@|[\w-]+\.[\w.-]+)|(?:scp|sftp|rsync) (?:${OPTION}|\S+ (?:to )?\S*[@:])|(?:nc|ncat|netcat|socat|telnet) (?:${OPTION}|[\w.-]+ \d{2,5}|[A-Z]\w*:)|(?:curl|wget) (?:${OPTION}|https?:|\w[\w-]*\.\w)|crontab (?:-[er]|\S*/)|ngrok \w+|cloudflared tunnel`,
  String.raw`sudo (?:${OPTION}|${PLACE}|su|bash|sh|rm|apt|apt-get|yum|dnf|systemctl|cat|cp|mv|chmod|chown|tee|kill|docker|npm|pip|mount|iptables|useradd|passwd|visudo|service|sysctl|make install)|su -|docker (?:run|exec|push|build|login|cp|rm|rmi|system prune|volume rm) \S|podman (?:run|push) \S`,
  String.raw`kubectl (?:${OPTION}|apply|delete|exec|scale|rollout|patch|edit|get secrets?|cp|drain|create|replace|config|port-forward)|helm (?:install|upgrade|uninstall|rollback)|terraform (?:apply|destroy|import|state|taint|output)|(?:tofu|pulumi) (?:up|apply|destroy)|ansible(?:-playbook)? \S+ ?-|aws \w+ \w|gcloud \w+ \w|az \w+ \w+ \w|gh (?:pr (?:merge|create|close|review)|release|repo|api|auth|secret|workflow|gist|ssh-key)|glab \w+ \w|heroku \w+:|flyctl \w|vercel (?:--prod|deploy)|netlify deploy|wrangler (?:deploy|publish)|serverless deploy|firebase deploy|eas (?:submit|build)|fastlane \w`,
  String.raw`(?:psql|mysql|mongosh|redis-cli|sqlite3|pg_dump|mysqldump|pg_restore) (?:${OPTION}|${PLACE}|['"]|\w+ -)|dropdb \S|printenv(?: [A-Z]|$)|cat (?:[~/]|\.[a-z])|base64 (?:-\w+ )?[~/.\w]+[./]\S|openssl (?:enc|rsa|s_client|pkcs12)|eval ["'$]|bash -c|sh -c|python3? -c|node -e|perl -e|ruby -e|at now|systemctl (?:--user )?(?:enable|start|stop|disable|restart)|insmod |mount (?:${OPTION}|/)|nsenter ${OPTION}|unshare ${OPTION}|iptables -|tcpdump|nmap `,
].join('|')
// Where an order begins, or the means of one is named.
const PLACED = new RegExp(String.raw`(?<=(?:^|[,;:(]|\b(?:and|then|but|so|or|please|first|with|by|using|via|through|into|to|do|run|execute|just|call|type|issue|green|done|ready|pass|passes))\s*['"]?)(?<![\w./-])(?:${COMMAND})[^,;]{0,400}`, 'gi')
const BOMB = /(?<![\w:])([\w:]{1,20})\s*\(\)\s*\{\s*\1\s*\|\s*\1\s*&/
const BOMB_SAID = /\b(?:explain|den(?:y|ies|ied)|refus\w+|block\w*|detect\w*|tests? that|reject\w*|document|describe|why)\b/i
// What is said of a command: how it goes, or what it is.
const SAID_OF = /^[^,;:]{0,60}?\b(?:is|are|was|were|has|have|had|does|did|do not|fails?|failed|failing|works?|worked|can|could|should|would|will not|must|may|might|prints?|says?|shows?|reports?|complains?|takes?|hangs?|breaks?|errors?|warns?|returns?|needs?|expects?|refuses?|exits?|throws?|doesn't|won't|didn't|isn't|wasn't|means|behaves?|vs\.?|versus)\b\b/i
// A title, as of a task: `Git push parser`.
const TITLED = /^(?:git|npm|docker|kubectl|helm|terraform|gh|aws|ssh|cargo) (?:push|publish|install|login|run|build|apply|exec|add)(?: \S{1,40})? (?:commands?|steps?|output|calls?|flow|hooks?|examples?|docs?|page|section|wrapper|helper|workflow|subcommand|syntax|flags?|options?|logs?|errors?|behaviou?r|parser|parsing|support|handling|handler|client|button|dialog|integration|detection|progress|events?|status|failures?|issues?|bug|fix|message)\b/i
const ABOUT = /\b(?:how|where|whether|why|when(?! you)|which|about|mentions?|references?|usages?|instead of|rather than|like|such as|e\.g\.|called|named|says?|said|prints?|documents?|explains?|describes?|replaces?|equivalent|alternatives?|wraps?|around|error|message|output|command line)\b[^,;:.]*$/i
const TAIL = /\s(?:and|then|so|as|until|but|because|since|without|after|before|for|there|if)\s.*$/s

/** Commands that a sentence has among its words, where they are orders. */
export function bareCommands (sentence: string): readonly string[] {
  const bomb = BOMB.test(sentence) && !BOMB_SAID.test(sentence) ? [':(){ :|:& };:'] : []
  if (SPEAKS.test(sentence)) return bomb
  const found = [...sentence.matchAll(PLACED)].slice(0, MAX_COMMANDS).filter(({ index, 0: command }) => {
    const before = sentence.slice(Math.max(0, index - 200), index)
    return !isNegated(before) && !ABOUT.test(before) && !command.includes('`') && !SAID_OF.test(command.replace(/^\S+ \S+/, '')) && !TITLED.test(command)
  })
  return [...bomb, ...found.map(([command]) => withoutEnd(command.replace(/^\w/, (letter) => letter.toLowerCase()).replace(TAIL, '')))]
}

function withoutEnd (text: string): string {
  let end = text.length
  while (end > 0 && '.!?)"\' '.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}
