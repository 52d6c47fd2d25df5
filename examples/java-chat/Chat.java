import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Talks with the people of a room, by text through the servers. It needs a JDK, 17 or newer, and
 * nothing else.
 *
 * <pre>java Chat.java https://app.example/api tea Ann</pre>
 *
 * <p>What is typed goes to everyone; /quit or the end of the input leaves. Status 0 after that, 1
 * if something was refused or has failed, 2 for a wrong command line.
 *
 * <pre>
 *   state       event                                     then
 *   away        negotiate admits us                       opening: a WebSocket at the url it names
 *   away        a refusal that was decided                the end
 *   away        no answer, busy, unavailable …            away; again after a random wait, at
 *                                                         most 8 times
 *   opening     the service answers the handshake `{}`    open
 *   open        `admitted`: the room hears us             open; the tries are counted anew
 *   opening     nothing for 15 s; the socket fails        away
 *   open        no `admitted` for 6 s, nothing for 30 s   away
 *   open        the push `closed`, or the message 7       away, or the end (docs/protocol.md §4)
 *   any         /quit, the end of the input               the end: when the others have what we
 *                                                         said, or 10 s later
 * </pre>
 *
 * <p>One thread decides, and owns all fields: what others see becomes an event in its queue.
 */
class Chat {
  static final String END = "\u001e"; // of each message of SignalR's JSON protocol
  static final int FIRST_TRIES = 3, TRIES = 8; // to come in, to come back; then we give up
  static final long FIRST_WAIT = 500, MAX_WAIT = 30_000; // ms
  static final long OPEN_WAIT = 15_000, ADMITTED_WAIT = 6_000; // ms
  static final long SILENCE = 30_000, PING = 15_000; // ms
  static final long ACK_WAIT = 60_000, LAST_WAIT = 10_000; // ms, for who is to get a text
  static final double MAX_RETRY_AFTER = 60; // seconds
  static final int MAX_TEXT = 4_096; // characters (docs/protocol.md §1)
  static final int MAX_MESSAGE = 1_048_576; // characters of the service at once
  static final Set<String> PASSING =
      Set.of("busy", "unavailable", "internal", "rate_limited", "day_full");
  static final Set<String> SEAT_GONE = Set.of("not_member", "token_expired");
  static final Set<String> FINAL_CLOSINGS = Set.of("kicked", "replaced", "rate_limited");

  /** What somebody else has seen; `socket` is its number, so that an old one is not listened to. */
  sealed interface Event permits Typed, Heard, Ended {}

  record Typed(String line) implements Event {} // null: the input has ended

  record Heard(int socket, String message) implements Event {}

  record Ended(int socket) implements Event {}

  /** A refusal, or what has failed. `wait`: ms that the server wants us to wait. */
  @SuppressWarnings("serial")
  static class Refusal extends Exception {
    final String code;
    final long wait;

    Refusal(String code, String message, long wait) {
      super(message);
      this.code = code;
      this.wait = wait;
    }
  }

  /** A text of ours, and who has not acknowledged it yet. Times are ms of `now()`. */
  static class Sent {
    final long seq, since = now();
    final String text;
    final Set<String> owing;
    int tries = 0;
    long due = since;

    Sent(long seq, String text, Set<String> owing) {
      this.seq = seq;
      this.text = text;
      this.owing = new HashSet<>(owing);
    }
  }

  final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1) // a WebSocket begins as HTTP/1.1
          .connectTimeout(Duration.ofSeconds(10))
          .build();
  final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  final Map<String, String> people = new LinkedHashMap<>(); // names, by peer id
  final Map<String, Double> visits = new HashMap<>(); // the newest that we know of each
  final Map<String, Set<Long>> seen = new HashMap<>(); // seqs of texts, by peer id
  final Map<Long, Sent> unheard = new LinkedHashMap<>();
  final List<String> early = new ArrayList<>(); // what was typed before we were in the room
  final PrintStream out;
  final String api, room, name;
  final String secret = random(16); // who we are: 128 random bits
  final long visit = System.currentTimeMillis();
  long seq = visit * 1_000; // grows, also over several runs (docs/protocol.md §4)

  String token = "", self = ""; // of our seat; empty without one
  WebSocket socket;
  int number = 0; // of the socket
  boolean isOpen, isAdmitted;
  String buffer = ""; // the beginning of a message whose end has not come
  long opened, heardAt, pingAt;
  int tries = 0;
  long tryAt = now();
  boolean hasBeenIn, isLeaving;
  long leaveAt = Long.MAX_VALUE;

  Chat(String api, String room, String name, PrintStream out) {
    this.api = api.replaceAll("/+$", "");
    this.room = room;
    this.name = name;
    this.out = out;
  }

  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 3 || !arguments[0].matches("https?://.+")) {
      System.err.println("usage: java Chat.java https://app.example/api ROOM NAME");
      System.exit(2);
    }
    Console console = System.console();
    var charset = console == null ? StandardCharsets.UTF_8 : console.charset();
    var out = new PrintStream(System.out, true, charset);
    Chat chat = new Chat(arguments[0], arguments[1], arguments[2], out);
    Thread typing = new Thread(() -> read(chat.events, charset));
    typing.setDaemon(true);
    typing.start();
    try {
      chat.run();
    } catch (Refusal refusal) {
      System.err.println("chat: " + harmless(refusal.getMessage()) + " (" + refusal.code + ")");
      System.exit(1);
    }
    System.exit(0);
  }

  static void read(BlockingQueue<Event> events, java.nio.charset.Charset charset) {
    try (var lines = new BufferedReader(new InputStreamReader(System.in, charset))) {
      for (String line; (line = lines.readLine()) != null; ) events.add(new Typed(line));
    } catch (IOException error) {
      // as its end
    }
    events.add(new Typed(null));
  }

  // --- what happens ------------------------------------------------------------------------------

  /** Until we have left. Raises Refusal: why we cannot be in the room. */
  void run() throws Refusal, InterruptedException {
    while (!hasLeft()) {
      if (socket == null && now() >= tryAt) comeIn();
      Event event = events.poll(Math.max(1, nextDue() - now()), TimeUnit.MILLISECONDS);
      if (event instanceof Typed typed) {
        typed(typed.line);
      } else if (event instanceof Heard heard && heard.socket == number) {
        hear(heard.message);
      } else if (event instanceof Ended ended && ended.socket == number) {
        goAway();
      }
      lookAtClock();
    }
    leave();
  }

  void typed(String line) {
    if (isLeaving) return;
    if (line == null || line.strip().equals("/quit")) {
      isLeaving = true;
      leaveAt = now() + LAST_WAIT;
    } else if (hasBeenIn) {
      say(line);
    } else {
      early.add(line);
    }
  }

  /** What was said last is to arrive before we leave. */
  boolean hasLeft() {
    return isLeaving && (now() >= leaveAt || (hasBeenIn && unheard.isEmpty()));
  }

  long nextDue() {
    long due = socket == null ? tryAt : Math.min(pingAt, heardAt + SILENCE);
    if (socket != null && !isOpen) due = Math.min(due, opened + OPEN_WAIT);
    if (isOpen && !isAdmitted) due = Math.min(due, opened + ADMITTED_WAIT);
    due = Math.min(due, leaveAt);
    for (Sent sent : unheard.values()) {
      due = Math.min(due, isAdmitted ? sent.due : sent.since + ACK_WAIT);
    }
    return due;
  }

  void lookAtClock() throws Refusal {
    long now = now();
    boolean isLate = !isOpen && now > opened + OPEN_WAIT;
    boolean isUnknown = isOpen && !isAdmitted && now > opened + ADMITTED_WAIT;
    if (socket != null && (isLate || isUnknown || now > heardAt + SILENCE)) goAway();
    if (isOpen && now >= pingAt) {
      pingAt = now + PING;
      transmit("{\"type\":6}");
    }
    for (Sent sent : List.copyOf(unheard.values())) {
      if (now >= sent.since + ACK_WAIT) {
        unheard.remove(sent.seq);
        tell("! Not everyone has got: " + sent.text);
      } else if (isAdmitted && now >= sent.due) {
        send(sent);
      }
    }
  }

  /** Asks for our seat, and opens a socket: the same secret gets the same seat. */
  void comeIn() throws Refusal {
    Map<String, Object> admission;
    try {
      String body = "{\"room\":%s,\"name\":%s,\"secret\":%s,\"visit\":%d}";
      String asked = body.formatted(Json.text(room), Json.text(name), Json.text(secret), visit);
      admission = post("/negotiate", asked);
    } catch (Refusal refusal) {
      if (!PASSING.contains(refusal.code) && !refusal.code.equals("backend_away")) throw refusal;
      if (!tryLater(refusal.wait)) throw refusal;
      return;
    }
    token = Json.string(admission, "token");
    self = Json.string(admission, "peer");
    list(Json.list(admission, "peers"));
    if (!hasBeenIn) tell("You are in " + Json.string(admission, "room") + ". " + who());
    hasBeenIn = true;
    early.forEach(this::say);
    early.clear();
    open(Json.string(admission, "url"), Json.string(admission, "accessToken"));
  }

  void open(String url, String accessToken) throws Refusal {
    int mine = ++number;
    isOpen = isAdmitted = false;
    buffer = "";
    opened = heardAt = now();
    pingAt = opened + PING;
    String mark = url.contains("?") ? "&" : "?";
    String whole = url.replaceFirst("^http", "ws") + mark + "access_token="
        + URLEncoder.encode(accessToken, StandardCharsets.UTF_8);
    try {
      socket = http.newWebSocketBuilder()
          .connectTimeout(Duration.ofMillis(OPEN_WAIT))
          .buildAsync(URI.create(whole), new Listener(mine, events))
          .get(OPEN_WAIT, TimeUnit.MILLISECONDS);
      transmit("{\"protocol\":\"json\",\"version\":1}");
    } catch (ExecutionException | TimeoutException | IllegalArgumentException error) {
      goAway();
    } catch (InterruptedException interrupted) {
      throw new Refusal("interrupted", "It was interrupted.", 0);
    }
  }

  /** The socket is of no use: another one, soon. */
  void goAway() throws Refusal {
    if (socket != null) socket.abort();
    socket = null;
    number++; // what it still says is not heard
    isOpen = isAdmitted = false;
    if (!tryLater(0)) throw new Refusal("backend_away", "The room cannot be reached.", 0);
  }

  /** False if that was the last try. Waits are random, so that not all come back at once. */
  boolean tryLater(long wait) {
    if (++tries >= (hasBeenIn ? TRIES : FIRST_TRIES)) return false;
    long most = Math.min(MAX_WAIT, FIRST_WAIT << tries);
    tryAt = now() + wait + ThreadLocalRandom.current().nextLong(most);
    return true;
  }

  void leave() {
    try {
      if (!token.isEmpty()) post("/leave", "{\"token\":" + Json.text(token) + "}");
    } catch (Refusal refusal) {
      // the stamp finds out by itself
    }
    if (socket != null) socket.abort();
  }

  // --- what the service says ---------------------------------------------------------------------

  void hear(String part) throws Refusal {
    heardAt = now();
    buffer += part;
    if (buffer.length() > MAX_MESSAGE) goAway();
    for (int end; socket != null && (end = buffer.indexOf(END)) >= 0; ) {
      String message = buffer.substring(0, end);
      buffer = buffer.substring(end + 1);
      Map<String, Object> fields = Json.object(message);
      if (!isOpen) {
        if (fields.containsKey("error")) goAway();
        isOpen = socket != null;
      } else if (Json.number(fields, "type") == 1) {
        pushed(Json.string(fields, "target"), Json.list(fields, "arguments"));
      } else if (Json.number(fields, "type") == 3) {
        answered(Json.string(fields, "invocationId"), Json.map(fields, "result"));
      } else if (Json.number(fields, "type") == 7) {
        goAway();
      }
    }
  }

  /** An answer to what we said, whose seq is `id`. What was not taken for now is sent again. */
  void answered(String id, Map<String, Object> result) throws Refusal {
    String code = Json.string(result, "code");
    if (result.get("ok") != Boolean.FALSE || PASSING.contains(code)) return;
    if (SEAT_GONE.contains(code)) {
      goAway();
    } else if (unheard.keySet().removeIf(seq -> id.equals(seq.toString()))) {
      tell("! " + Json.string(result, "message") + " (" + code + ")");
    }
  }

  void pushed(String target, List<Object> arguments) throws Refusal {
    if (arguments.isEmpty() || !(arguments.get(0) instanceof String text)) return;
    Map<String, Object> push = Json.object(text);
    String peer = Json.string(push, "peer");
    double visit = Json.number(push, "visit");
    switch (target) {
      case "admitted" -> {
        isAdmitted = true;
        tries = 0;
        unheard.values().forEach(sent -> sent.due = now());
      }
      case "joined" -> came(peer, Json.string(push, "name"), visit);
      case "left" -> {
        if (visit >= visits.getOrDefault(peer, 0.0)) gone(peer); // else it has come back
      }
      case "closed" -> closed(Json.string(push, "code"), Json.string(push, "message"));
      case "message", "signal" -> said(push);
      default -> {} // a newer service may say more
    }
  }

  void closed(String code, String message) throws Refusal {
    if (FINAL_CLOSINGS.contains(code)) throw new Refusal(code, message, 0);
    goAway();
  }

  /** A text is shown once, and acknowledged each time. We take no calls: offers stay unanswered. */
  void said(Map<String, Object> push) {
    String from = Json.string(push, "from"), kind = Json.string(push, "kind");
    Map<String, Object> body = Json.map(push, "body");
    if (from.isEmpty() || from.equals(self)) return; // what is for everyone comes back to us
    if (kind.equals("ack")) {
      for (Object each : Json.list(body, "seqs")) {
        if (each instanceof Double acked) acknowledged(from, acked.longValue());
      }
    } else if (kind.equals("text") || kind.equals("data")) {
      long theirs = (long) Json.number(push, "seq");
      boolean isNew = seen.computeIfAbsent(from, id -> new HashSet<>()).add(theirs);
      String said = people.getOrDefault(from, from) + ": " + Json.string(body, "text");
      if (isNew && kind.equals("text")) tell(said);
      invoke("signal", from, "ack", "{\"seqs\":[" + theirs + "]}", ++seq);
    }
  }

  void acknowledged(String peer, long acked) {
    Sent sent = unheard.get(acked);
    if (sent != null && sent.owing.remove(peer) && sent.owing.isEmpty()) unheard.remove(acked);
  }

  // --- who is here -------------------------------------------------------------------------------

  /** Who is here by an answer of negotiate: nobody else is. */
  void list(List<Object> peers) {
    Set<String> here = new HashSet<>();
    for (Object each : peers) {
      Map<String, Object> peer = Json.map(each);
      here.add(Json.string(peer, "peer"));
      came(Json.string(peer, "peer"), Json.string(peer, "name"), Json.number(peer, "visit"));
    }
    for (String peer : List.copyOf(people.keySet())) if (!here.contains(peer)) gone(peer);
  }

  void came(String peer, String theirName, double visit) {
    visits.merge(peer, visit, Math::max);
    String before = people.put(peer, theirName.isEmpty() ? peer : theirName);
    if (before == null && hasBeenIn) tell("* " + people.get(peer) + " is here");
  }

  void gone(String peer) {
    String theirName = people.remove(peer);
    seen.remove(peer);
    if (theirName != null) tell("* " + theirName + " has left");
    for (Sent sent : List.copyOf(unheard.values())) acknowledged(peer, sent.seq);
  }

  String who() {
    if (people.isEmpty()) return "Nobody else is here yet.";
    return "Here: " + String.join(", ", people.values()) + ".";
  }

  // --- what we say -------------------------------------------------------------------------------

  void say(String line) {
    if (line.isBlank()) return;
    if (line.codePointCount(0, line.length()) > MAX_TEXT) {
      tell("! A text has at most " + MAX_TEXT + " characters.");
    } else if (people.isEmpty()) {
      tell("! Nobody is here to hear that.");
    } else {
      Sent sent = new Sent(++seq, line, people.keySet());
      unheard.put(sent.seq, sent);
    }
  }

  /** The first time, or again after 1, 2, 4 … s: the receivers drop what they have. */
  void send(Sent sent) {
    sent.due = now() + Math.min(16_000, 1_000L << sent.tries++);
    trySend(sent);
  }

  void trySend(Sent sent) {
    invoke("broadcast", null, "text", "{\"text\":" + Json.text(sent.text) + "}", sent.seq);
  }

  void invoke(String method, String to, String kind, String body, long number) {
    String receiver = to == null ? "" : "\"to\":" + Json.text(to) + ",";
    String envelope = "{\"v\":1,%s\"seq\":%d,\"kind\":\"%s\",\"body\":%s}"
        .formatted(receiver, number, kind, body);
    // Every argument is one text that holds JSON (docs/protocol.md §4).
    transmit("{\"type\":1,\"invocationId\":\"%d\",\"target\":\"%s\",\"arguments\":[%s]}"
        .formatted(number, method, Json.text(envelope)));
  }

  /** One message at a time, as WebSocket wants it. */
  void transmit(String message) {
    int mine = number;
    try {
      if (socket != null) socket.sendText(message + END, true).get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException | IllegalStateException error) {
      events.add(new Ended(mine));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The JSON object of the answer. Raises Refusal; `backend_away` if nobody has answered. */
  Map<String, Object> post(String path, String body) throws Refusal {
    HttpResponse<String> answer;
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(api + path))
          .timeout(Duration.ofSeconds(10))
          .POST(HttpRequest.BodyPublishers.ofString(body))
          .build();
      answer = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (IOException | IllegalArgumentException error) {
      throw new Refusal("backend_away", "The backend cannot be reached.", 0);
    } catch (InterruptedException interrupted) {
      throw new Refusal("interrupted", "It was interrupted.", 0);
    }
    Map<String, Object> said = Json.object(answer.body());
    if (answer.statusCode() / 100 == 2) return said;
    Map<String, Object> error = Json.map(said, "error");
    String code = Json.string(error, "code");
    // Without our error, it comes from something in between.
    if (code.isEmpty()) code = "backend_away";
    String message = Json.string(error, "message");
    if (message.isEmpty()) message = "The backend answers " + answer.statusCode() + ".";
    double wait = Math.min(MAX_RETRY_AFTER, Math.max(0, Json.number(error, "retryAfter")));
    throw new Refusal(code, message, (long) (wait * 1_000));
  }

  /** A line on the screen. */
  void tell(String line) {
    out.println(harmless(line));
  }

  /** Without what a terminal would obey, and what turns text around. */
  static String harmless(String text) {
    // But for U+200C and U+200D, by which letters and emoji are joined.
    return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}&&[^\u200c\u200d]]", " ");
  }

  static long now() {
    return System.nanoTime() / 1_000_000; // a clock that nobody sets
  }

  static String random(int bytes) {
    byte[] drawn = new byte[bytes];
    new SecureRandom().nextBytes(drawn);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(drawn);
  }
}

/** Makes events of what a socket hears. */
class Listener implements WebSocket.Listener {
  private final int number;
  private final BlockingQueue<Chat.Event> events;

  Listener(int number, BlockingQueue<Chat.Event> events) {
    this.number = number;
    this.events = events;
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    events.add(new Chat.Heard(number, data.toString()));
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
    events.add(new Chat.Ended(number));
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    events.add(new Chat.Ended(number));
  }
}

/**
 * As much of JSON (RFC 8259) as a chat needs, because the JDK has none: objects, lists, texts,
 * numbers as double (exact to 2⁵³, as the protocol has them). What is no JSON, or has more than 32
 * levels, is an empty object: a client drops what it cannot read.
 */
class Json {
  private static final int LEVELS = 32;
  private final String text;
  private int at = 0;

  private Json(String text) {
    this.text = text;
  }

  /** The object that the text is. */
  static Map<String, Object> object(String text) {
    try {
      Json json = new Json(text);
      Object found = json.value(LEVELS);
      json.space();
      return json.at == text.length() ? map(found) : Map.of();
    } catch (IllegalArgumentException | IndexOutOfBoundsException error) {
      return Map.of();
    }
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(Object value) {
    return value instanceof Map ? (Map<String, Object>) value : Map.of();
  }

  static Map<String, Object> map(Map<String, Object> object, String key) {
    return map(object.get(key));
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(Map<String, Object> object, String key) {
    return object.get(key) instanceof List<?> list ? (List<Object>) list : List.of();
  }

  static String string(Map<String, Object> object, String key) {
    return object.get(key) instanceof String text ? text : "";
  }

  static double number(Map<String, Object> object, String key) {
    return object.get(key) instanceof Double number ? number : 0;
  }

  /** A text as JSON. Half a surrogate pair is written as an escape: UTF-8 has none. */
  static String text(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int code : text.codePoints().toArray()) {
      if (code == '"' || code == '\\') json.append('\\').append((char) code);
      else if (code < ' ' || Character.getType(code) == Character.SURROGATE) {
        json.append("\\u%04x".formatted(code));
      } else json.appendCodePoint(code);
    }
    return json.append('"').toString();
  }

  private Object value(int levels) {
    space();
    char first = text.charAt(at);
    if (levels == 0) throw new IllegalArgumentException("too deep");
    if (first == '{') return members(levels - 1);
    if (first == '[') return items(levels - 1);
    if (first == '"') return string();
    if (word("true")) return Boolean.TRUE;
    if (word("false")) return Boolean.FALSE;
    if (word("null")) return null;
    return number();
  }

  private Map<String, Object> members(int levels) {
    Map<String, Object> found = new HashMap<>();
    at++;
    if (next('}')) return found;
    do {
      space();
      String key = string();
      need(':');
      found.put(key, value(levels));
    } while (next(','));
    need('}');
    return found;
  }

  private List<Object> items(int levels) {
    List<Object> found = new ArrayList<>();
    at++;
    if (next(']')) return found;
    do found.add(value(levels));
    while (next(','));
    need(']');
    return found;
  }

  private String string() {
    need('"');
    StringBuilder found = new StringBuilder();
    while (text.charAt(at) != '"') {
      char each = text.charAt(at++);
      if (each < ' ') throw new IllegalArgumentException("a control character");
      found.append(each == '\\' ? escaped() : each);
    }
    at++;
    return found.toString();
  }

  private char escaped() {
    char mark = text.charAt(at++);
    int known = "\"\\/bfnrt".indexOf(mark);
    if (known >= 0) return "\"\\/\b\f\n\r\t".charAt(known);
    String hex = text.substring(at, at + 4);
    if (mark != 'u' || !hex.matches("[0-9A-Fa-f]{4}")) {
      throw new IllegalArgumentException("an escape");
    }
    at += 4;
    return (char) Integer.parseInt(hex, 16);
  }

  private Double number() {
    int start = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
    String found = text.substring(start, at);
    if (!found.matches("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?")) {
      throw new IllegalArgumentException("no value");
    }
    return Double.valueOf(found);
  }

  private boolean word(String word) {
    boolean is = text.startsWith(word, at);
    if (is) at += word.length();
    return is;
  }

  private boolean next(char mark) {
    space();
    boolean is = text.charAt(at) == mark;
    if (is) at++;
    return is;
  }

  private void need(char mark) {
    if (!next(mark)) throw new IllegalArgumentException("there is no " + mark);
  }

  private void space() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) at++;
  }
}
