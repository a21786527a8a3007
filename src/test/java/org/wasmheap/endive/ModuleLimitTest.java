package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.MarkdownPage;
import org.wasmheap.testkit.RealRuntimes;

@Timeout(60)
class ModuleLimitTest {
  @Test
  void the_page_has_each_limit_with_its_number() {
    // given
    List<List<String>> limits =
        Stream.of(ModuleLimit.values())
            .map(each -> List.of(each.label(), String.format(Locale.ROOT, "%,d", each.most())))
            .toList();
    // when
    List<List<String>> documented =
        MarkdownPage.of("src/docs/settings.md").table("of a module").stream()
            .map(row -> row.subList(0, 2))
            .toList();
    // then
    assertEquals(limits, documented);
  }

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA, RealRuntimes.CORETIME})
  void each_limit_is_ten_times_what_a_real_runtime_has(String file) {
    // when
    byte[] wasm = RuntimeCode.read(RealRuntimes.find(file)).wasm();
    ModuleFigures figures = ModuleCheck.check(wasm, true);
    // then
    for (ModuleLimit limit : ModuleLimit.values()) {
      long figure = figures.of(limit);
      assertTrue(figure * 10 <= limit.most(), () -> figure + " " + limit.label());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA, RealRuntimes.CORETIME})
  void the_page_has_no_less_than_a_real_runtime(String file) {
    byte[] wasm = RuntimeCode.read(RealRuntimes.find(file)).wasm();
    ModuleFigures figures = ModuleCheck.check(wasm, true);
    List<List<String>> rows = MarkdownPage.of("src/docs/settings.md").table("of a module");
    for (ModuleLimit limit : ModuleLimit.values()) {
      String largest = rows.get(List.of(ModuleLimit.values()).indexOf(limit)).get(2);
      assertTrue(
          figures.of(limit) <= Long.parseLong(largest.replace(",", "")),
          () -> limit + ": " + figures.of(limit));
    }
  }
}
