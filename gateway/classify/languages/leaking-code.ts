const MAX_CHARACTERS = 262_144 // a file that somebody writes in one call
// Where people keep what opens other machines, as code puts it together.
const STORE = /\.ssh\b[^\n]{0,40}?\bid_(?:rsa|dsa|ecdsa|ed25519)|(?:~|\$HOME|\$\{HOME\})\/\.(?:ssh|aws|gnupg|kube)\b|\.aws['"/, ]+credentials\b|(?:~|\$HOME)\/\.netrc\b/
const WHOLE_ENVIRONMENT = /dict\(os\.environ\)|JSON\.stringify\(process\.env\b(?!\.)|ENV\.to_h\b|Object\.entries\(process\.env\)|json_encode\(\$_(?:ENV|SERVER)\)|os\.Environ\(\)/
const SENDS = /\burlopen\s*\(|\brequests\.(?:post|get|put)\s*\(|\bhttpx\.\w+\(|\bfetch\s*\(|\bhttps?\.(?:request|get)\s*\(|\baxios\b|\bcurl\s|\bwget\s|\bNet::HTTP\b|\bhttp\.Post|\bsendBeacon\b|\bsocket\.(?:create_connection|connect)\b|\bnet\.(?:connect|Dial)\b/
const ELSEWHERE = /\bhttps?:\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\])[\w.-]+/
const READS_KEY = /(?:readFile(?:Sync)?|\bopen|read_text|File\.read|file_get_contents|os\.ReadFile|read_to_string)\s*\([^\n]{0,120}(?:homedir|expanduser|HOME|home_dir|Path\.home|~)[^\n]{0,80}\.ssh\b[^\n]{0,40}?\bid_(?:rsa|dsa|ecdsa|ed25519)/

/**
 * Whether a text that becomes code reads a person's private key, or sends a store of keys or the whole environment to another
 * machine. It says so in plain words, or is left to the sandbox, which has neither the keys nor the network.
 */
export function leaksSecrets (text: string): boolean {
  if (text.length > MAX_CHARACTERS) return false
  if (READS_KEY.test(text)) return true
  return (STORE.test(text) || WHOLE_ENVIRONMENT.test(text)) && SENDS.test(text) && ELSEWHERE.test(text)
}
