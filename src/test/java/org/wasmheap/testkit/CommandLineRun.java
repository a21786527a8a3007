package org.wasmheap.testkit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;

/** What a command printed, and its exit code. */
public record CommandLineRun(int exitCode, String out, String err) {
  /** Standard output as the one JSON object that it must be. */
  public JsonObject json() {
    return JsonParser.parseString(out).getAsJsonObject();
  }

  public List<String> errLines() {
    return err.lines().toList();
  }
}
