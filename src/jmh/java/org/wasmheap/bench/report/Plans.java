package org.wasmheap.bench.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.wasmheap.bench.report.Plan.Group;
import org.wasmheap.bench.report.Row.Jmh;
import org.wasmheap.bench.report.Row.Node;

/**
 * What is measured: the short pass has the rows that goals need and a few more, the full one all.
 * The goals are those of "Figures to reach" in the design.
 */
final class Plans {
  private static final Unit US = Unit.MICROSECONDS;
  private static final Unit NS = Unit.NANOSECONDS;
  private static final Unit RATE = Unit.CALLS_A_SECOND;

  /** Pages of the Java heap that are touched for the first time are no part of a guest's speed. */
  private static final String[] TOUCHED = {"-Xmn64m", "-XX:+AlwaysPreTouch"};

  private Plans() {}

  /** Ten minutes or less, if the first round takes no longer than that. */
  static Plan brief() {
    return new Plan(
        "short", 2, Duration.ofMinutes(9), new Plan.Effort(4, 3, 400), groups(false), Goals.all());
  }

  /** What the short one measures, with as many forks as the goals are judged by: an hour. */
  static Plan goals() {
    return new Plan(
        "goals",
        Goals.LEAST_ROUNDS,
        Duration.ofDays(1),
        new Plan.Effort(5, 4, 500),
        groups(false),
        Goals.all());
  }

  /** The plan of a name; {@code null} if there is none. */
  static @Nullable Plan of(String name) {
    return switch (name) {
      case "short" -> brief();
      case "goals" -> goals();
      case "full" -> full();
      default -> null;
    };
  }

  /** What the one for the goals measures, and all the rest: an hour and a half. */
  static Plan full() {
    return new Plan(
        "full",
        Goals.LEAST_ROUNDS,
        Duration.ofDays(1),
        new Plan.Effort(5, 4, 500),
        groups(true),
        Goals.all());
  }

  private static List<Group> groups(boolean isFull) {
    List<Group> groups =
        new ArrayList<>(
            List.of(
                allocator(), guest(), reset(), calls(), metadata(), executor(), table(), blocks()));
    groups.addAll(loads());
    groups.add(pages(isFull));
    if (isFull) {
      groups.addAll(List.of(instances(), threads(), dispatch(), handOver()));
      groups.addAll(List.of(peers("", "Core_version"), peers("Metadata", "Metadata_metadata")));
      groups.addAll(List.of(wayBack("Core_version"), wayBack("Metadata_metadata")));
      groups.addAll(List.of(wasmtime(), wasmtimeMetadata(), classes()));
    }
    return groups;
  }

  private static Group allocator() {
    return Group.bars(
        "malloc and free",
        "Seven recorded calls of real runtimes, replayed with one kind of memory loaded in the JVM"
            + " and with three.",
        Row.ours("malloc-1", "ours, one kind of memory", US, allocator("ours", 1)),
        Row.peer("malloc-1-plain", "a plain port, one kind", US, allocator("plain", 1)),
        Row.ours("malloc-3", "ours, three kinds", US, allocator("ours", 3)),
        Row.peer("malloc-3-plain", "a plain port, three kinds", US, allocator("plain", 3)));
  }

  private static Jmh allocator(String method, int kinds) {
    return Jmh.of("AllocatorBenchmark." + method).with("kinds", kinds);
  }

  private static Group guest() {
    return Group.bars(
        "Guest speed",
        "Metadata_metadata of Westend on a ready instance, on several memories; growth and reset"
            + " are part of ours. What the pool makes of the engine's classes is run by its calls, and"
            + " by the rows that say so; the others run the engine's own.",
        Row.ours("guest-pool", "whole calls on the pool", US, wholeCall()).slowest(),
        Row.ours("guest-split", "our memory, the pool's classes", US, guest("ours", "pool"))
            .slowest(),
        Row.peer(
                "guest-split-array",
                "Endive's ByteArrayMemory, the pool's classes",
                US,
                guest("ByteArrayMemory", "pool"))
            .slowest(),
        Row.ours("guest", "our memory", US, guest("ours", "engine")).slowest(),
        Row.peer("guest-array", "Endive's ByteArrayMemory", US, guest("ByteArrayMemory", "engine"))
            .slowest(),
        Row.peer(
                "guest-v8",
                "V8, a ready instance that is not put back",
                US,
                new Node("Metadata_metadata", false))
            .slow());
  }

  private static Jmh guest(String memory, String classes) {
    return Jmh.of("GuestBenchmark.guest")
        .with("memory", memory)
        .with("classes", classes)
        .on(TOUCHED);
  }

  private static Jmh wholeCall() {
    return Jmh.of("GuestBenchmark.wholeCall").on(TOUCHED);
  }

  private static Group reset() {
    return Group.bars(
        "Putting an instance back",
        "What a pristine instance costs after a call: only changed blocks are copied back.",
        Row.ours("reset", "reset after Core_version", US, reset("reset", true, true)),
        Row.peer(
                "fresh-instance",
                "a fresh Endive instance",
                US,
                Jmh.of("FreshInstanceBenchmark.fresh"))
            .slow(),
        Row.ours("reset-long", "reset after Metadata_metadata", US, reset("reset", false, true)),
        Row.peer("copy-long", "copying all back instead", US, reset("fullCopy", false, true)),
        Row.ours("reset-grown", "reset after growth to 84 pages", US, reset("reset", false, false)),
        Row.peer("copy-grown", "copying all back instead", US, reset("fullCopy", false, false)));
  }

  private static Jmh reset(String method, boolean isVersion, boolean isStatic) {
    return Jmh.of("ResetBenchmark." + method)
        .with("call", isVersion ? "Core_version" : "Metadata_metadata")
        .with("strategy", isStatic ? "STATIC" : "DYNAMIC");
  }

  private static Group calls() {
    return Group.bars(
        "Core_version, whole calls",
        "Every call on a pristine instance, but for V8's ready instance, which is not put back.",
        Row.ours("call-1", "the pool, 1 worker", RATE, call("pooled", 1)).slow(),
        Row.ours("call-2", "the pool, 2 workers", RATE, call("pooled", 2)).slow(),
        Row.peer("call-fresh", "a fresh Endive instance, 1 thread", RATE, call("fresh", 1)).slow(),
        Row.peer("v8-ready", "V8, ready and not put back", RATE, new Node("Core_version", false)),
        Row.peer("v8-fresh", "V8, a fresh instance", RATE, new Node("Core_version", true)));
  }

  private static Group metadata() {
    return Group.bars(
        "Metadata_metadata, whole calls",
        "A long call, in which the guest's own work is nearly all.",
        Row.ours("long-1", "the pool, 1 worker", RATE, call("pooledMetadata", 1)).slowest(),
        Row.ours("long-2", "the pool, 2 workers", RATE, call("pooledMetadata", 2)).slowest(),
        Row.peer("v8-long", "V8, a fresh instance", RATE, new Node("Metadata_metadata", true))
            .slow());
  }

  private static Jmh call(String method, int workers) {
    return Jmh.of("CallBenchmark." + method).with("workers", workers);
  }

  private static Group executor() {
    return Group.bars(
        "The executor's own cost",
        "Core_version through the executor (queue, hand-over, reset, report), and alone.",
        Row.ours("piped", "through the executor", NS, Jmh.of("ExecutorCostBenchmark.pipelined"))
            .slow()
            .withItsGarbage(),
        Row.peer("bare", "alone on a ready instance", NS, Jmh.of("ExecutorCostBenchmark.bare"))
            .slow()
            .withItsGarbage(),
        Row.peer("result", "a copy of its result", NS, Jmh.of("ExecutorCostBenchmark.result"))
            .withItsGarbage());
  }

  private static Group table() {
    return Group.bars(
        "A large table",
        "A small call and its reset: how large the table is must not matter.",
        Row.ours("table-large", "table of 100,000 entries", NS, table(100_000)),
        Row.peer("table-small", "table of 100 entries", NS, table(100)));
  }

  private static Jmh table(int entries) {
    return Jmh.of("TableBenchmark.callAndReset").with("entries", entries).with("changed", false);
  }

  private static Group blocks() {
    return Group.bars(
        "Blocks",
        "Westend's blocks 1 to 128, each from its own parent's state, with root and all.",
        Row.ours("block-1", "1 worker", Unit.BLOCKS_A_SECOND, block(1)).slowest(),
        Row.ours("block-2", "2 workers", Unit.BLOCKS_A_SECOND, block(2)).slowest());
  }

  private static Jmh block(int workers) {
    return Jmh.of("BlockBenchmark.parallelPass").with("workers", workers);
  }

  private static List<Group> loads() {
    return Stream.of(Load.values())
        .map(
            load ->
                Group.lines(
                    load.title,
                    "Time of a call as more threads make calls; all on pristine instances.",
                    "threads",
                    Stream.concat(load.pooled(), load.fresh())))
        .toList();
  }

  private enum Load {
    MEBIBYTE("mebibyte", "A call that touches 1 MiB"),
    STATIC_BUFFER("buffer", "A static buffer of 64 MiB, mostly untouched");

    private final String id;
    private final String title;

    Load(String id, String title) {
      this.id = id;
      this.title = title;
    }

    private Stream<Row> pooled() {
      return Goals.THREADS.stream().map(n -> row("pooled", n, true).at("the pool", n));
    }

    private Stream<Row> fresh() {
      String line = "a fresh Endive instance for each call";
      return Goals.THREADS.stream().map(n -> row("fresh", n, false).at(line, n));
    }

    private Row row(String way, int threads, boolean isOurs) {
      Jmh jmh = Jmh.of("LoadBenchmark." + way).with("load", name()).with("threads", threads);
      String label = title + ", " + way + ", threads: " + threads;
      String row = id + "-" + way + "-" + threads;
      return isOurs ? Row.ours(row, label, US, jmh) : Row.peer(row, label, US, jmh).slow();
    }
  }

  private static Group pages(boolean isFull) {
    IntStream pages =
        isFull ? IntStream.of(21, 84, 336, 2069, 8192, 16_384) : IntStream.of(21, 2069, 16_384);
    return Group.lines(
        "The logical size of the memory",
        "Reset after Core_version as the memory is larger.",
        "pages of 64 KiB",
        pages.mapToObj(
            n ->
                Row.ours("pages-" + n, "reset at " + n + " pages", NS, growth("reset", "pages", n))
                    .at("reset, and what the call leaves", n)));
  }

  private static Group instances() {
    return Group.lines(
        "Instances of a pool",
        "Time of a Core_version call on a pool of more and more instances, one thread submits.",
        "instances",
        IntStream.of(1, 2, 4, 8, 16, 32, 64)
            .mapToObj(
                n ->
                    Row.ours(
                            "instances-" + n,
                            "calls on " + n + " instances",
                            NS,
                            growth("instances", "instances", n))
                        .at("the pool", n)));
  }

  private static Group threads() {
    return Group.lines(
        "Threads that submit",
        "Time of a Core_version call as more threads submit to as many workers.",
        "threads",
        Goals.THREADS.stream()
            .map(
                n ->
                    Row.ours(
                            "threads-" + n,
                            "calls of " + n + " threads",
                            NS,
                            growth("threads", "threads", n))
                        .at("the pool", n)));
  }

  private static Jmh growth(String method, String parameter, int value) {
    return Jmh.of("GrowthBenchmark." + method).with(parameter, value);
  }

  private static Group dispatch() {
    return Group.bars(
        "Dispatch alone",
        "Calls that do nothing: our executor knows classes, deadlines and heaps, the other none.",
        Row.ours("dispatch-1", "the pool, 1 worker", NS, dispatch("pooled", 1)),
        Row.peer(
            "dispatch-1-jdk",
            "ThreadPoolExecutor, 1 thread",
            NS,
            dispatch("threadPoolExecutor", 1)),
        Row.ours("dispatch-2", "the pool, 2 workers", NS, dispatch("pooled", 2)),
        Row.peer(
            "dispatch-2-jdk",
            "ThreadPoolExecutor, 2 threads",
            NS,
            dispatch("threadPoolExecutor", 2)));
  }

  private static Jmh dispatch(String method, int threads) {
    return Jmh.of("DispatchBenchmark." + method).with("threads", threads);
  }

  private static Group handOver() {
    return Group.bars(
        "Hand-over of a bare heap",
        "Claim, malloc of 8 bytes, reset, release. Object pools give the heap to the calling"
            + " thread; ours takes the whole call to the heap's thread.",
        Row.ours("hand-1", "the pool, 1 worker", RATE, handOver("pooled").with("workers", 1)),
        Row.peer("hand-1-stormpot", "Stormpot, 1 thread", RATE, handOver("stormpot")),
        Row.peer("hand-1-commons", "commons-pool2, 1 thread", RATE, handOver("commonsPool")),
        Row.ours("hand-2", "the pool, 2 workers", RATE, handOver("pooled").with("workers", 2)),
        Row.peer("hand-2-stormpot", "Stormpot, 2 threads", RATE, handOver("stormpotTwoThreads")),
        Row.peer(
            "hand-2-commons", "commons-pool2, 2 threads", RATE, handOver("commonsPoolTwoThreads")));
  }

  private static Jmh handOver(String method) {
    return Jmh.of("HandOverBenchmark." + method);
  }

  /** The ways that one has on the JVM, two threads each. */
  private static Group peers(String suffix, String call) {
    String id = "peers-" + call + "-";
    return Group.bars(
        call + " by the ways that one has on the JVM",
        "Two threads, but for the last. An instance for each thread is not put back: what isolation"
            + " costs, and what the machine makes of two threads.",
        Row.ours(id + "pool", "the pool", RATE, peer("pooled" + suffix)).slow(),
        Row.peer(id + "fresh", "a fresh instance", RATE, peer("fresh" + suffix)).slow(),
        Row.peer(
                id + "lock",
                "one instance under a lock",
                RATE,
                Jmh.of("PeersBenchmark.underLock" + suffix))
            .slow(),
        Row.peer(id + "local", "an instance for each thread", RATE, peer("threadLocal" + suffix))
            .slow(),
        Row.peer(id + "cow", "copy-on-write pages", RATE, peer("copyOnWrite" + suffix)).slow(),
        Row.peer(
                id + "alone",
                "an instance for one thread alone",
                RATE,
                Jmh.of("PeersBenchmark.threadLocal" + suffix).with("threads", 1))
            .slow());
  }

  private static Jmh peer(String method) {
    return Jmh.of("PeersBenchmark." + method).with("threads", 2);
  }

  private static Group wayBack(String call) {
    return Group.bars(
        "Copy-on-write pages, " + call,
        "The same call on shared pages that become private when they are written: the guest, and"
            + " its first writes with the way back.",
        Row.peer("cow-" + call, "the guest alone", US, cow("guest", call)).slow(),
        Row.peer("cow-back-" + call, "the way back", US, cow("firstWritesAndReset", call)));
  }

  private static Jmh cow(String method, String call) {
    return Jmh.of("CowBenchmark." + method).with("call", call);
  }

  private static Group wasmtime() {
    return Group.bars(
        "Core_version on wasmtime",
        "wasmtime-java, each host call of which crosses JNI, in a pass with -Pwasmtime; ours through"
            + " the executor, one call after the other.",
        Row.ours("one-call", "the pool", US, Jmh.of("ExecutorCostBenchmark.oneByOne")).slow(),
        Row.peer("wasmtime-ready", "wasmtime, ready, not put back", US, wasmtime("ready")),
        Row.peer("wasmtime-fresh", "wasmtime, a fresh instance", US, wasmtime("fresh")));
  }

  private static Group wasmtimeMetadata() {
    return Group.bars(
        "Metadata_metadata on wasmtime",
        "wasmtime-java as before; ours through the executor.",
        Row.ours("one-long-call", "the pool", US, wholeCall()).slow(),
        Row.peer(
            "wasmtime-long",
            "wasmtime, ready, not put back",
            US,
            wasmtime("ready").with("call", "Metadata_metadata")));
  }

  private static Jmh wasmtime(String method) {
    return Jmh.of("WasmtimeBenchmark." + method).with("call", "Core_version");
  }

  private static Group classes() {
    return Group.bars(
        "Block import beside a full queue",
        "How long a block import takes in its own class, and in the class of all that waits.",
        Row.ours("class-own", "in its own class", US, importAs("BLOCK_IMPORT")),
        Row.peer("class-one", "all in one class", US, importAs("OFF_CHAIN")));
  }

  private static Jmh importAs(String callClass) {
    return Jmh.of("ClassLatencyBenchmark.blockImport").with("importClass", callClass);
  }
}
