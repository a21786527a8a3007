package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.runtime.RuntimeEntry.Claim;
import org.wasmheap.runtime.RuntimeEntry.Use;
import org.wasmheap.runtime.RuntimeFigures.State;
import org.wasmheap.runtime.RuntimeRegistry.Line;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.Samples;

/** What holds of a pool's books, whatever is done in whatever order. */
class RuntimeRegistryProperties {
  private static final int TRIES = 3_000;
  private static final int KEYS = 5;

  /** What can be done; a number says to which key, claim or entry. */
  private enum Op {
    ASK,
    RELEASE,
    GIVE_UP,
    TAKE_LOAD,
    LOADED,
    NOT_LOADED,
    TAKE_END,
    ENDED,
    PIN,
    UNPIN,
    EVICT,
    WAIT,
    CLOSE
  }

  private static final int[] WEIGHTS = {30, 20, 4, 20, 15, 4, 15, 15, 3, 4, 3, 4, 1};

  private record Step(Op op, int which) {}

  /** With holds, runtimes are also asked for blocks and preparations. */
  private record Plan(int most, boolean holds, List<Step> steps) {}

  private static Plan draw(Draws draws) {
    return new Plan(
        draws.between(1, 3),
        draws.between(0, 1) == 1,
        draws.list(
            0, 200, each -> new Step(Op.values()[each.weighted(WEIGHTS)], each.between(0, 1_000))));
  }

  private static Stream<Plan> simpler(Plan plan) {
    return IntStream.range(0, plan.steps().size())
        .mapToObj(
            left -> {
              List<Step> fewer = new ArrayList<>(plan.steps());
              fewer.remove(left);
              return new Plan(plan.most(), plan.holds(), List.copyOf(fewer));
            });
  }

  @Test
  void the_books_are_right_after_every_step_and_all_who_wait_are_served_in_the_end() {
    Property.assertHolds(
        TRIES,
        Inputs.of(RuntimeRegistryProperties::draw, RuntimeRegistryProperties::simpler),
        plan -> new Model(plan.most(), plan.holds()).play(plan.steps()));
  }

  /** What should be, in plain lists. */
  private static final class Model {
    private final int most;
    private final boolean holds;
    private long now;
    private final RuntimeRegistry<String> registry;
    private final List<Claim<String>> claims = new ArrayList<>();
    private final List<RuntimeEntry<String>> loading = new ArrayList<>();
    private final List<RuntimeEntry<String>> ending = new ArrayList<>();
    private final Set<RuntimeKey> pinned = new HashSet<>();
    private int loads;
    private boolean closed;

    Model(int most, boolean holds) {
      this.most = most;
      this.holds = holds;
      this.registry = new RuntimeRegistry<>(most, () -> now);
    }

    void play(List<Step> steps) throws Exception {
      for (Step step : steps) {
        List<Line<String>> before = registry.snapshot().lines();
        run(step);
        check();
        if (step.op() != Op.EVICT && step.op() != Op.CLOSE) {
          checkWhatWent(before);
        }
      }
      finish();
    }

    private static RuntimeKey key(int which) {
      return RuntimeRegistryTest.key(which % KEYS);
    }

    private static <T> T oneOf(List<T> list, int which) {
      return list.get(which % list.size());
    }

    private List<Claim<String>> held() {
      return claims.stream().filter(each -> each.granted != null && !each.released).toList();
    }

    private List<Claim<String>> pending() {
      return claims.stream().filter(Claim::isPending).toList();
    }

    private void run(Step step) throws Exception {
      int which = step.which();
      switch (step.op()) {
        case ASK -> claims.add(registry.ask(key(which), Samples::code, use(which)));
        case RELEASE -> {
          if (!held().isEmpty()) {
            Claim<String> ends = oneOf(held(), which);
            if (ends.use == Use.PREPARATION && which % 2 == 0) {
              registry.prepared(ends);
            }
            registry.release(ends);
          }
        }
        case GIVE_UP -> {
          if (!pending().isEmpty()) {
            registry.await(oneOf(pending(), which), System.nanoTime());
          }
        }
        case TAKE_LOAD -> takeLoad();
        case LOADED -> {
          if (!loading.isEmpty()) {
            loaded(which % loading.size());
          }
        }
        case NOT_LOADED -> {
          if (!loading.isEmpty()) {
            registry.notLoaded(
                loading.remove(which % loading.size()),
                new IllegalStateException("on cue"),
                oneOf(List.of(BackOff.Blame.values()), which));
          }
        }
        case TAKE_END -> takeEnd();
        case ENDED -> {
          if (!ending.isEmpty()) {
            RuntimeEntry<String> entry = ending.remove(which % ending.size());
            assertTrue(registry.gone(entry, null));
          }
        }
        case PIN -> {
          boolean fits = pinned.contains(key(which)) || pinned.size() < most;
          assertEquals(fits, registry.pin(key(which)));
          if (fits) {
            pinned.add(key(which));
          }
        }
        case UNPIN -> {
          registry.unpin(key(which));
          pinned.remove(key(which));
        }
        case EVICT -> assertFalse(registry.evict(key(which)) && pinned.contains(key(which)));
        case WAIT -> now += BackOff.SHORTEST_NANOS;
        case CLOSE -> close();
        default -> throw new AssertionError(step);
      }
    }

    private Use use(int which) {
      return holds ? oneOf(List.of(Use.values()), which / KEYS) : Use.CALL;
    }

    private boolean takeLoad() {
      RuntimeEntry<String> entry = registry.nextToLoad();
      if (entry != null) {
        loading.add(entry);
      }
      return entry != null;
    }

    private void loaded(int index) {
      assertEquals(!closed, registry.loaded(loading.remove(index), "load " + ++loads, false));
    }

    private boolean takeEnd() {
      RuntimeEntry<String> entry = registry.nextToEnd();
      if (entry == null) {
        return false;
      }
      String loaded = registry.loadedOf(entry);
      assertFalse(held().stream().anyMatch(each -> loaded.equals(each.granted)), "is in use");
      ending.add(entry);
      return true;
    }

    private void close() {
      List<RuntimeEntry<String>> left = registry.close();
      if (closed) {
        assertEquals(List.of(), left);
      } else {
        closed = true;
        ending.clear(); // All that drained are among those that are left.
        ending.addAll(left);
      }
    }

    private static long count(List<Line<String>> lines, State state) {
      return lines.stream().filter(line -> line.state() == state).count();
    }

    private void check() {
      var snapshot = registry.snapshot();
      List<Line<String>> lines = snapshot.lines();
      long there =
          count(lines, State.LOADING) + count(lines, State.READY) + count(lines, State.DRAINING);
      assertTrue(snapshot.occupied() <= most, "occupied " + snapshot.occupied());
      if (closed) {
        assertEquals(List.of(), pending());
        return;
      }
      assertEquals(there, snapshot.occupied());
      Set<RuntimeKey> current = new HashSet<>();
      Map<String, Integer> leases = new HashMap<>();
      held().forEach(each -> leases.merge(each.granted, 1, Integer::sum));
      for (Line<String> line : lines) {
        assertTrue(line.state() == State.DRAINING || current.add(line.key()), "twice " + line);
        assertEquals(
            line.loaded() == null ? 0 : leases.getOrDefault(line.loaded(), 0), line.leases());
        assertEquals(pinned.contains(line.key()), line.pinned());
      }
      long waiting = count(lines, State.WAITING);
      assertTrue(waiting == 0 || there == most, "waits beside free room");
      boolean mayGo =
          lines.stream().anyMatch(line -> line.state() == State.READY && !line.pinned());
      assertTrue(
          holds || waiting <= count(lines, State.DRAINING) || !mayGo,
          "waits beside one that may go");
    }

    private void checkWhatWent(List<Line<String>> before) {
      List<Line<String>> after = registry.snapshot().lines();
      Set<String> drained = new HashSet<>();
      for (Line<String> line : after) {
        if (line.state() == State.DRAINING) {
          assertNotNull(line.loaded());
          drained.add(line.loaded());
        }
      }
      for (Line<String> line : before) {
        if (line.state() == State.READY && drained.contains(line.loaded())) {
          assertFalse(pinned.contains(line.key()), "went though it is pinned: " + line);
          assertTrue(
              count(after, State.DRAINING) <= count(after, State.WAITING)
                  || count(before, State.DRAINING) >= count(after, State.DRAINING),
              "went for nobody: " + line);
        }
      }
    }

    /** Whoever waits is served, if those who hold leases end them, and loads and ends end. */
    private void finish() {
      for (int i = 0; i < KEYS; i++) {
        registry.unpin(key(i));
      }
      int rounds = 0;
      boolean more = true;
      while (more) {
        more = false;
        for (Claim<String> each : held()) {
          registry.release(each);
          more = true;
        }
        while (takeLoad()) {
          more = true;
        }
        while (!loading.isEmpty()) {
          loaded(0);
          more = true;
        }
        while (takeEnd()) {
          more = true;
        }
        for (RuntimeEntry<String> each : ending) {
          registry.gone(each, null);
          more = true;
        }
        ending.clear();
        assertTrue(++rounds < 100, "no end");
      }
      assertEquals(List.of(), pending());
      assertEquals(0, registry.snapshot().totals().draining());
    }
  }
}
