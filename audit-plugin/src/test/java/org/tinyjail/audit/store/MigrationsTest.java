package org.tinyjail.audit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  @Test
  void everyFileIsListedAndNumberedByItsPlace() throws Exception {
    Path resources = Path.of("src/main/resources/org/tinyjail/audit/store");
    try (Stream<Path> files = Files.list(resources)) {
      assertThat(files.map(path -> path.getFileName().toString()).sorted())
          .containsExactlyElementsOf(Migrations.ALL.files());
    }
    List<String> files = Migrations.ALL.files();
    for (int i = 0; i < files.size(); i++) {
      assertThat(files.get(i)).matches("V%03d__[a-z_]+\\.sql".formatted(i + 1));
    }
  }
}
