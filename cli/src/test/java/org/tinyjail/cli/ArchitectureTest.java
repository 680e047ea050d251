package org.tinyjail.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The modules import one way: towards the model. */
class ArchitectureTest {
  private static final String MODEL = "org.tinyjail.model..";
  private static final String GENERATOR = "org.tinyjail.generator..";
  private static final String AGENT = "org.tinyjail.agent..";
  private static final String AUDIT = "org.tinyjail.audit..";
  private static final String FUZZ = "org.tinyjail.fuzz..";
  private static final String CLI = "org.tinyjail.cli..";

  private static JavaClasses classes;

  @BeforeAll
  static void importAll() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.tinyjail");
  }

  @Test
  void everyModuleButTheFuzzerIsSeen() {
    for (String prefix : new String[] {"model", "generator", "agent", "audit", "cli"}) {
      assertThat(classes.stream().anyMatch(c -> c.getName().startsWith("org.tinyjail." + prefix)))
          .as(prefix)
          .isTrue();
    }
  }

  @Test
  void theModelNeedsNothingButJava() {
    classes()
        .that()
        .resideInAPackage(MODEL)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(MODEL, "java..", "org.jspecify..")
        .check(classes);
  }

  @Test
  void theModelDoesNoInputOrOutput() {
    noClasses()
        .that()
        .resideInAPackage(MODEL)
        .and()
        .doNotHaveSimpleName("Tables") // reads the tables of its own jar
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.lang\\.Process.*")
        .check(classes);
  }

  @Test
  void theMiddleModulesDoNotImportOneAnother() {
    noClasses()
        .that()
        .resideInAPackage(GENERATOR)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(AGENT, AUDIT, FUZZ, CLI)
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage(AGENT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(GENERATOR, AUDIT, FUZZ, CLI)
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage(AUDIT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(GENERATOR, AGENT, FUZZ, CLI)
        .check(classes);
  }

  @Test
  void onlyTheAgentAndTheAuditPluginImportJna() {
    noClasses()
        .that()
        .resideOutsideOfPackages(AGENT, AUDIT)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.sun.jna..")
        .check(classes);
  }

  @Test
  void onlyTheStoreImportsSql() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.tinyjail.audit.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "org.h2..")
        .check(classes);
  }
}
