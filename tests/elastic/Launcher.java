import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** Runs one node in this process: Launcher HOME CONFIG NAME. Ends with the process. */
class Launcher {
    public static void main(String[] words) throws Exception {
        LogConfigurator.registerErrorListener();
        LogConfigurator.configureESLogging();
        var home = Path.of(words[0]);
        var settings = Settings.builder().put("path.home", home.toString()).build();
        var environment =
            InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), Path.of(words[1]), () -> words[2]);
        LogConfigurator.setNodeName(words[2]);
        LogConfigurator.configure(environment, true);
        var modules = PluginsLoader.loadModulesBundles(home.resolve("modules"), false);
        var loader = PluginsLoader.createPluginsLoader(modules, Set.of(), Map.of(), true);
        new Node(environment, loader).start();
        new CountDownLatch(1).await();
    }
}
