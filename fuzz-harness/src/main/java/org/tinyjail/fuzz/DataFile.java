package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file of data, read line by line; what is wrong with a line is said with its place. */
record DataFile(Path path, List<String> lines) {
  /** Takes in one line. */
  interface LineReader {
    /**
     * Takes it in.
     *
     * @throws IllegalArgumentException if the line is not as it must be
     */
    void read(String line);
  }

  static DataFile read(Path path) throws IOException {
    try {
      return new DataFile(path, Files.readAllLines(path, StandardCharsets.UTF_8));
    } catch (CharacterCodingException e) {
      throw new IOException(path + ": wanted text in UTF-8; binary seeds are written as .hex", e);
    }
  }

  /** Each line but empty ones and those that begin with #. */
  void forEach(LineReader reader) throws IOException {
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.startsWith("#")) {
        try {
          reader.read(line);
        } catch (IllegalArgumentException e) {
          throw new IOException(path + ":" + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
  }
}
