import { BRACES } from './compiled.ts'
import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

const TYPES = names('Int Int8 Int16 Int32 Int64 UInt UInt8 UInt16 UInt32 UInt64 Double Float Float80 Float16 CGFloat Bool String Substring Character Array Dictionary Set Optional Range ClosedRange StaticString Any AnyObject AnyHashable Void Never Self Error Result Equatable Hashable Comparable Codable Encodable Decodable Identifiable CustomStringConvertible CaseIterable Sendable Sequence Collection IteratorProtocol RawRepresentable ExpressibleByStringLiteral Numeric BinaryInteger FixedWidthInteger FloatingPoint Strideable AdditiveArithmetic Mirror ObjectIdentifier Unicode Regex ContiguousArray ArraySlice KeyValuePairs Zip2Sequence MemoryLayout Duration ContinuousClock Data Date DateFormatter DateComponents DateInterval DateComponentsFormatter DateIntervalFormatter ISO8601DateFormatter RelativeDateTimeFormatter Calendar TimeZone TimeInterval Locale NumberFormatter ByteCountFormatter MeasurementFormatter Measurement UnitLength UnitMass UnitTemperature UnitSpeed UnitDuration UnitAngle Unit Decimal NSDecimalNumber NSNumber NSString NSRange NSRegularExpression NSNull UUID CharacterSet Scanner IndexSet IndexPath JSONEncoder JSONDecoder JSONSerialization PropertyListEncoder PropertyListDecoder URLComponents URLQueryItem PersonNameComponents DispatchTime CFAbsoluteTimeGetCurrent Foundation Swift CodingKey CodingKeys EncodingError DecodingError NSSortDescriptor SortDescriptor FormatStyle')
const CALLS = names('print debugPrint dump abs min max zip stride sequence repeatElement swap type precondition preconditionFailure assert assertionFailure fatalError sqrt pow floor ceil round sin cos tan atan atan2 asin acos exp log log2 log10 hypot fabs fmod trunc cbrt lround isKnownUniquelyReferenced numericCast withExtendedLifetime readLine init exit some any map filter')
const DENIED = names('Process FileManager FileHandle URLSession URLRequest ProcessInfo Bundle NSTask NSData NSURL URL NSClassFromString NSSelectorFromString contentsOf contentsOfFile contentsOfURL fileURLWithPath write createFile environment perform performSelector setValue dlopen dlsym system popen fork execv execve execvp posix_spawn unlink fopen open creat rename rmdir mkdir symlink getenv setenv Glibc Darwin Musl unsafeBitCast UnsafePointer UnsafeMutablePointer UnsafeRawPointer UnsafeMutableRawPointer OpaquePointer Unmanaged withUnsafePointer withUnsafeBytes _silgen_name _cdecl objc dynamicMemberLookup dynamicCallable convention UserDefaults NSUserDefaults NotificationCenter Stream InputStream OutputStream Thread Pipe Host NSAppleScript NSKeyedUnarchiver NSPredicate NSExpression Keychain SecItemCopyMatching syscall macro externalMacro freestanding')

function look (words: SnippetWords, at: number): number | null {
  if (words.name(at) === 'import') return /^(?:Foundation|Swift)$/.test(words.name(at + 1)) && !words.mark(at + 2, '.') ? at + 2 : words.refuse()
  if (words.mark(at, '@') && !/^(?:main|escaping|autoclosure|discardableResult|inlinable|available|MainActor|Sendable|frozen|propertyWrapper|resultBuilder)$/.test(words.name(at + 1))) words.refuse()
  if (words.mark(at, '#') && !/^(?:if|else|elseif|endif|file|line|function|available)$/.test(words.name(at + 1))) words.refuse()
  if (words.name(at).startsWith('_') && words.name(at).length > 1) words.refuse()
  // `case bad(String, at: Int)`: types are no values that anything could be called with.
  if (words.name(at - 1) === 'case' && words.mark(at + 1, '(') && words.tokens.slice(at + 2, words.behind(at + 1) - 1).every(({ kind, text }, index, all) => kind === 'name' ? TYPES.has(text) || (all[index + 1]?.text === ':' && !DENIED.has(text)) : /^[,:?[\]]$/.test(text)) && !DENIED.has(words.name(at)) && ![...TYPES].some((type) => words.defined.has(type))) return words.behind(at + 1)
  // Where no value stands before it, it begins a pattern, in which a quote is one.
  const before = words.tokens[at - 1]
  if (words.mark(at, '/') && !(before?.kind === 'number' || before?.kind === 'name' || /^[)\]]$/.test(before?.text ?? ''))) words.refuse()
  if (words.mark(at, '(') && /^[)\]]$/.test(before?.text ?? '') && before?.kind === 'mark' && words.tokens[at]?.line !== true && !words.tokens[at]?.spaced) words.refuse()
  return null
}

export const SWIFT: SnippetLanguage = {
  syntax: { ...BRACES, mark: /->|\.\.[.<]|&&|\|\||[=!<>]==?|[-+*/%|&^]=|\?\?|<<|>>|[-+*/%.,;:?!<>=&|^~@()[\]{}#$\\]/y, strings: [{ open: '"""', close: '"""', escapes: true, lines: true, filled: ['\\(', ')'] }, { open: '"', close: '"', escapes: true, filled: ['\\(', ')'] }], refused: /`|#"|#\// },
  denied: DENIED,
  calls: CALLS,
  types: TYPES,
  keywords: names('let var func if else guard for in while repeat switch case default break continue return throw throws rethrows try catch do struct class enum protocol extension actor init deinit self super nil true false as is where associatedtype typealias static final private public internal fileprivate override mutating nonmutating lazy weak unowned inout some any async await defer get set willSet didSet subscript operator indirect convenience required optional import'),
  declares: names('func let var struct class enum protocol typealias actor associatedtype'),
  joins: names('.'),
  look,
}
