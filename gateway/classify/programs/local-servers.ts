import { literal, type Field } from '../shell/facts.ts'

/** The name under which rules know a server of pages of the project. */
export const LOCAL_SERVER = 'local-server'

const BOUND = /^(?:-a|-b|--bind|--address|--host)[= ](?:localhost|127\.0\.0\.1)$|^(?:-l|--listen)[= ](?:tcp:\/\/)?(?:localhost|127\.0\.0\.1):\d{4,5}$/
const PORT = /^\d{4,5}$|^(?:-p|-l|--port|--listen)[= ]?\d{4,5}$/
const PLACE = /^(?:\.|(?:\.\/)?\w[\w-]*(?:\/\w[\w-]*)*(?:\.json)?)\/?$/
// What a build made for others to see.
const SITE = /^(?:\.\/)?(?:[\w-]+\/)*(?:dist|build|out|public|_site|coverage|htmlcov|storybook-static)(?:\/[\w-]+)*\/?$/

type Server = (words: readonly string[]) => readonly Field[] | null

/** A server that is given a port, one place to serve and switches; of a place that is no built site it has to say that it listens here only. */
function site (program: string, switches: RegExp, { folder = /^$/, local = false }: { readonly folder?: RegExp, readonly local?: boolean } = {}): Server {
  return (words) => {
    const places: string[] = []
    let bound = local
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? ''
      const pair = `${word} ${words[at + 1] ?? ''}`
      const isPair = !BOUND.test(word) && !PORT.test(word) && (BOUND.test(pair) || PORT.test(pair))
      if (BOUND.test(isPair ? pair : word)) bound = true
      else if (folder.test(word)) places.push(words[at += 1] ?? '')
      else if (!isPair && !PORT.test(word) && !switches.test(word)) places.push(word)
      if (isPair) at += 1
    }
    const [place = '.'] = places
    return places.length < 2 && PLACE.test(place) && (bound || SITE.test(place)) ? [LOCAL_SERVER, program, place].map(literal) : null
  }
}

// PHP's own server for the pages of the project.
const php: Server = (words) => {
  const [, folder = '', router = ''] = /^-S (?:localhost|127\.0\.0\.1):\d{4,5}(?: -t (\w[\w/-]*))?(?: (\w[\w./-]*\.php))?$/.exec(words.join(' ')) ?? []
  return words[0] === '-S' && !words.join(' ').includes('..') && /^-S (?:localhost|127\.0\.0\.1):\d{4,5}(?: |$)/.test(words.join(' ')) && words.length === 2 + (folder === '' ? 0 : 2) + (router === '' ? 0 : 1) ? [LOCAL_SERVER, 'php', ...[folder, router].filter(Boolean)].map(literal) : null
}

/** Servers of the project's own pages, as they are asked when nobody else is let in. */
export const LOCAL_SERVERS: Readonly<Record<string, Server>> = {
  php,
  'http.server': site('http.server', /^$/, { folder: /^(?:-d|--directory)$/ }),
  'http-server': site('http-server', /^(?:-c-1|-s|--silent|--cors|--no-dotfiles)$/),
  serve: site('serve', /^(?:-s|--single|-n|--no-clipboard|-C|--cors|-L|--no-request-logging|-u|--no-compression)$/),
  'json-server': site('json-server', /^(?:-w|--watch|-q|--quiet|--ro|--read-only)$/, { local: true }),
}
