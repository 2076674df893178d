<?php
/*
 * The settings with which the PHP integration module was shipped: its keys and values, in our words.
 */
?>
<?php

$config = array();

// What the crawler asks for; the module fills in its own address and the token.
$config['CacheFetchingUrl'] = "http://%ClickTaleCacheUrl%/ClickTaleCache.php?t=%CacheToken%";

// FileSystem, APC or MySQLMemory.
//$config['CacheProvider'] = "MySQLMemory";
$config['CacheProvider'] = "FileSystem";

# The tracking code.
$config['ScriptsFile'] = ClickTale_Root.ClickTale_DS."ClickTaleScripts.xml";
$config['CacheScriptsFile'] = true;

// Seconds; 0 or false keeps pages for ever.
$config['MaxCachedSeconds'] = 60;

$config['LogPathMask'] = ClickTale_Root.ClickTale_DS."Logs".ClickTale_DS."Log_{0}.txt";

$config['DeleteAfterPull'] = true;
$config['AllowDebug'] = false;
$config['DisableCache'] = false;
$config['DisableFilter'] = false;

// A visitor with this cookie is neither filtered nor stored.
$config['DoNotProcessCookieName'] = "WRUID";
$config['DoNotProcessCookieValue'] = "0";

$config['AllowedAddresses'] = "75.125.82.64/26";

// A folder, or a table for MySQLMemory: http://user:password@host:port/database.table
$config['CacheLocation'] = ClickTale_Root.ClickTale_DS."Cache";
$config['CacheBlockSize'] = 230;

// Megabytes.
$config['MaxFolderSize'] = 50;

$config['SystemTempDir'] = sys_get_temp_dir();

$config['LogCaching'] = false;
$config['LogFetching'] = false;

?>
